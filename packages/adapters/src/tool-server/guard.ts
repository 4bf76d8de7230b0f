import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const path = '/mcp'

interface Guarded {
  /** Host and port, as the address that is told has them. */
  readonly host: string
  readonly token: string
}

/**
 * The status by which a request is refused; null for one that may come in. A page in a browser of this machine can be made to send
 * requests here (DNS rebinding): it has another Host or names its Origin, and does not know the token.
 */
export function refusalOf(request: IncomingMessage, { host, token }: Guarded): number | null {
  const { host: asked, origin, authorization } = request.headers
  if (asked !== host || (origin !== undefined && origin !== `http://${host}`)) return 403
  if (authorization === undefined || !isSame(authorization, `Bearer ${token}`)) return 401
  if (request.url !== path) return 404
  // Nothing is kept between two requests: there is no stream to listen to, and no session to end.
  return request.method === 'POST' ? null : 405
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
