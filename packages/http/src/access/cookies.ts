import { createHmac, timingSafeEqual } from 'node:crypto'

import type { WireRequest } from '../wire.ts'

/** For how long a browser keeps the cookie, seconds; the server ends the session sooner when it is not used. */
const keptSeconds = 30 * 86_400

/** Over https the browser itself sees to it that the cookie is of this host alone. */
function nameOf(isSecure: boolean): string {
  return isSecure ? '__Host-engine_session' : 'engine_session'
}

/** The token of a session; null without one, and where two cookies of that name say different things. */
export function sessionCookie(request: WireRequest, isSecure: boolean): string | null {
  const name = nameOf(isSecure)
  const values = (request.header('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .flatMap(([key, ...value]) => (key === name ? [value.join('=')] : []))
  const [value] = new Set(values)
  return value === undefined || value === '' || new Set(values).size > 1 ? null : value
}

/** What makes a browser keep the token of a session where no page can read it; null ends it there. */
export function setSessionCookie(token: string | null, isSecure: boolean): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${token === null ? 0 : keptSeconds}`]
  return [`${nameOf(isSecure)}=${token ?? ''}`, ...attributes, ...(isSecure ? ['Secure'] : [])].join('; ')
}

/** What a page of ours sends beside the cookie, which another site's page can not know: made of the session, so it is of no other. */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('engine.csrf.v1').digest('base64url')
}

export function isCsrfToken(given: string | null, sessionToken: string): boolean {
  const [left, right] = [Buffer.from(given ?? ''), Buffer.from(csrfTokenOf(sessionToken))]
  return left.length === right.length && timingSafeEqual(left, right)
}
