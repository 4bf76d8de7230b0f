export const BLOBS_SPEC = 'engine.blobs.v1'

/**
 * Where bytes live, by their SHA-256 (64 lower-case hex digits). What a hash names never changes, so a store needs no locks:
 * whoever puts the same bytes twice, or two at once, leaves them there once. Which company may see which bytes is not its matter.
 */
export interface BlobStore {
  readonly spec: typeof BLOBS_SPEC
  /** Shown in logs, for example `local:./data/blobs`; never holds a credential. */
  readonly id: string
  /** Resolves when the bytes are there, whole, and would survive a power cut. The caller answers for the hash. */
  put(sha256: string, bytes: Uint8Array): Promise<void>
  /** The bytes in pieces, or null when there are none. Opens nothing before the first piece is asked for. */
  get(sha256: string): Promise<AsyncIterable<Uint8Array> | null>
  has(sha256: string): Promise<boolean>
  /** Resolves also when there was nothing. */
  delete(sha256: string): Promise<void>
  /** Why nothing can be put here now, and what would help; null when it can. Asked often, so it is to be cheap. */
  problem?(): Promise<string | null>
}
