import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'

import { isPublicAddress, type AllowedTargets } from './addresses.ts'
import { OutboundError } from './errors.ts'

export interface TargetRules {
  readonly allowsHttp: boolean
  readonly allowed: AllowedTargets
  resolve(hostname: string): Promise<readonly LookupAddress[]>
}

/**
 * Reads a URL, and refuses what can be refused without asking anybody: another protocol, an address that is not public.
 * @throws OutboundError `invalid_url`, `address_refused`
 */
export function parseTarget(text: string | URL, rules: TargetRules): URL {
  const url = parseUrl(text, rules)
  const address = bareHost(url)
  const version = isIP(address)
  if (version !== 0) refusePrivate(url, [{ address, family: version }], rules)
  return url
}

/**
 * The only addresses that may be connected to for a URL. Every one of its host is checked: a name that leads elsewhere a moment later
 * changes nothing.
 * @throws OutboundError `unresolved`, `address_refused`
 */
export async function resolveTarget(url: URL, rules: TargetRules): Promise<readonly LookupAddress[]> {
  const address = bareHost(url)
  const version = isIP(address)
  const addresses = version === 0 ? await resolve(url, rules) : [{ address, family: version }]
  refusePrivate(url, addresses, rules)
  return addresses
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function refusePrivate(url: URL, addresses: readonly LookupAddress[], { allowed }: TargetRules): void {
  const port = portOf(url)
  if (allowed.isHostAllowed(url.hostname, port)) return
  if (addresses.every(({ address }) => isPublicAddress(address) || allowed.isAddressAllowed(address, port))) return
  // Which address it was would tell whoever set the URL how the network here looks.
  throw new OutboundError(
    'address_refused',
    `${url.origin} leads into a network that is not public. An operator can allow it for this server; see docs/outbound.md.`,
  )
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

function parseUrl(text: string | URL, { allowsHttp, allowed }: TargetRules): URL {
  const url = URL.parse(String(text))
  if (!url) throw new OutboundError('invalid_url', 'This is no absolute URL.')
  const isHttp = url.protocol === 'http:'
  if (url.protocol !== 'https:' && !isHttp) throw new OutboundError('invalid_url', `${url.protocol} is not asked; use https:.`)
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('invalid_url', 'A URL must not hold a user or a password; use a header.')
  if (isHttp && !allowsHttp && !isNamed(url, allowed))
    throw new OutboundError('invalid_url', `${url.origin} is not encrypted; use https:, or let an operator allow this host.`)
  return url
}

/** Whether the operator named what the URL says: its host, or a network with the address that it is. A name that leads there is not enough. */
function isNamed(url: URL, allowed: TargetRules['allowed']): boolean {
  const [host, port] = [bareHost(url), portOf(url)]
  return allowed.isHostAllowed(url.hostname, port) || (isIP(host) !== 0 && allowed.isAddressAllowed(host, port))
}

async function resolve(url: URL, rules: TargetRules): Promise<readonly LookupAddress[]> {
  try {
    const addresses = await rules.resolve(url.hostname)
    if (addresses.length > 0) return addresses
  } catch (cause) {
    throw new OutboundError('unresolved', `The host of ${url.origin} was not found.`, { cause })
  }
  throw new OutboundError('unresolved', `The host of ${url.origin} has no address.`)
}
