/** The server of an address in a stored configuration; null where none stands there, or a reference to a secret. Pure. */
export function originOf(address: unknown): string | null {
  return typeof address === 'string' ? (URL.parse(address)?.origin ?? null) : null
}
