export const SECRETS_SPEC = 'engine.secret-store.v1'

/**
 * What keeps the values of secrets unreadable where they are stored. `associatedData` says which place a value belongs to; it is
 * no secret. Core calls a store outside of its transactions, so it may be a service elsewhere; whatever it rejects with is told to
 * callers as passing trouble, and never shown.
 */
export interface SecretStore {
  readonly spec: typeof SECRETS_SPEC
  /** Shown in logs, for example `local:2026`; never holds a key. */
  readonly id: string
  /** A text from which nobody without the key learns the value, another one each time. */
  seal(value: string, associatedData: string): Promise<string>
  /** The value of a sealed text; null when it was sealed for another place, by a key that is not here, or was changed. */
  open(sealed: string, associatedData: string): Promise<string | null>
  /** The same text for the same value as long as the key stays; without the key not even a short value can be guessed from it. */
  fingerprint(value: string, associatedData: string): Promise<string>
}
