import { EngineError } from '@engine/core'

import { httpErrors } from '../errors.ts'
import { isLoopback } from '../local-guard.ts'
import type { WireRequest } from '../wire.ts'

/** An address under which people reach the server. */
export interface PublicAddress {
  readonly host: string
  readonly origin: string
  /** The path that it is mounted at, without a slash at the end. */
  readonly base: string
  readonly isSecure: boolean
}

/** Reads the addresses under which a server is reached. @throws naming one that can not be used */
export function publicAddress(text: string): PublicAddress {
  const url = URL.canParse(text) ? new URL(text) : null
  const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
  if (!isWeb || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.hostname.includes('*'))
    throw new Error(`"${text}" is no public address: write it as https://engine.example, or with the path that it is mounted at.`)
  const isSecure = url.protocol === 'https:'
  if (!isSecure && !isLoopback(url.hostname))
    throw new Error(
      `${text} would send passwords and sessions in the clear. Put a proxy with TLS before this server and name its https:// address.`,
    )
  return { host: url.host, origin: url.origin, base: url.pathname.replace(/\/+$/, ''), isSecure }
}

/**
 * Lets a request of a browser in that names the server by one of its addresses, and does not come from another site's page: a name
 * that was rebound to this address is not among them, and neither is the page that did it. A page that somebody follows a link to
 * may be linked from anywhere. Whoever comes with a key of their own is no browser that was led here, so only the name counts.
 * @throws `untrusted_origin`
 */
export function admit(
  request: WireRequest,
  addresses: readonly PublicAddress[],
  { letsLoopback }: { letsLoopback: boolean },
): PublicAddress {
  const host = hostOf(request)
  const address = named(request, addresses) ?? (letsLoopback ? loopback(host) : null)
  if (!address) throw refusal(`This server is not known as ${host === '' ? 'an unnamed host' : host}. Its public address names it.`)
  if (request.header('authorization') !== null) return address
  const origin = request.header('origin')
  const known = new Set([address.origin, ...addresses.map((other) => other.origin)])
  if (origin !== null && !known.has(origin)) throw refusal(`Pages of ${origin} may not call this server.`)
  const site = request.header('sec-fetch-site')
  if ((site === 'cross-site' || site === 'same-site') && !isFollowed(request))
    throw refusal('Pages of another site may not call this server.')
  return address
}

/** Which of its addresses a request names the server by; undefined for none. */
export function named(request: WireRequest, addresses: readonly PublicAddress[]): PublicAddress | undefined {
  const host = hostOf(request)
  return addresses.find((known) => isNamed(host, known))
}

function hostOf(request: WireRequest): string {
  return (request.header('host') ?? '').toLowerCase()
}

/** Whether a host names an address; the port that a scheme has anyway may be said or not. */
function isNamed(host: string, { host: own, isSecure }: PublicAddress): boolean {
  return host === own || host === `${own}:${isSecure ? 443 : 80}`
}

/** A server that listens on this machine alone is known by its names too, whatever port it took. */
function loopback(host: string): PublicAddress | null {
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)) return null
  return { host, origin: `http://${host}`, base: '', isSecure: false }
}

function isFollowed(request: WireRequest): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return isRead && request.header('sec-fetch-mode') === 'navigate' && request.header('sec-fetch-dest') === 'document'
}

function refusal(message: string): EngineError {
  return new EngineError(httpErrors.untrusted_origin, message)
}
