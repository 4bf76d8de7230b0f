/** A request and a response without any server's types: what the router works with, so that every host is a thin binding. */
export interface WireRequest {
  readonly method: string
  readonly url: URL
  header(name: string): string | null
  /** The address at the other end of the connection, where the host knows it. */
  readonly peer?: string | null
  /** The body, refused beyond `limit` bytes. @throws payload_too_large */
  body(limit: number): Promise<Uint8Array>
  /** Aborts when the client went away; made when it is asked for, which most answers do not. */
  signal(): AbortSignal
  /** The path that the host has this mounted at, such as `/engine`, which `url` is without. */
  readonly basePath?: string
}

export interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>
  /** What is said to a client that does not read on for so long, milliseconds, before its connection is closed. */
  readonly patience?: { readonly ms: number; readonly farewell: () => string }
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): WireResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) }
}

export function html(body: string, headers: Record<string, string> = {}): WireResponse {
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body }
}

/** Answers by which nothing follows, not even nothing. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304
}

/** The answer to HEAD: what GET is told without the body, of which the length is said where it is known (RFC 9110, 8.6). */
export function withoutBody({ body, ...answer }: WireResponse): WireResponse {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { ...answer, body: nothing() }
  if (hasNoBody(answer.status)) return { ...answer, body: '' }
  return { ...answer, headers: { 'content-length': String(Buffer.byteLength(body)), ...answer.headers }, body: '' }
}

/** Of no length that could be taken for that of the body. */
async function* nothing(): AsyncGenerator<string> {}
