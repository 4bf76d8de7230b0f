import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'

import { isPublicAddress, type AllowedTargets } from './addresses.ts'
import { OutboundError } from './errors.ts'

export interface TargetRules {
  readonly allowsHttp: boolean
  readonly allowed: AllowedTargets
  resolve(hostname: string): Promise<readonly LookupAddress[]>
}

/** Where a request goes, with the only addresses that may be connected to. */
export interface Target {
  readonly url: URL
  readonly addresses: readonly LookupAddress[]
}

/**
 * Finds out where a URL leads and whether that may be asked. Every address of its host is checked, and the connection is made
 * to one that was: a name that leads elsewhere a moment later changes nothing.
 * @throws OutboundError `invalid_url`, `unresolved`, `address_refused`
 */
export async function findTarget(text: string | URL, rules: TargetRules): Promise<Target> {
  const url = parseTarget(text, rules)
  const { origin, hostname } = url
  const port = portOf(url)
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const version = isIP(bare)
  const addresses = version === 0 ? await resolve(url, rules) : [{ address: bare, family: version }]
  if (rules.allowed.isHostAllowed(hostname, port)) return { url, addresses }
  const refused = addresses.find(({ address }) => !isPublicAddress(address) && !rules.allowed.isAddressAllowed(address, port))
  if (refused) {
    // Which address it was would tell whoever set the URL how the network here looks.
    throw new OutboundError(
      'address_refused',
      `${origin} leads into a network that is not public. An operator can allow it for this server; see docs/outbound.md.`,
    )
  }
  return { url, addresses }
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

function parseTarget(text: string | URL, { allowsHttp, allowed }: TargetRules): URL {
  const url = URL.parse(String(text))
  if (!url) throw new OutboundError('invalid_url', 'This is no absolute URL.')
  const isHttp = url.protocol === 'http:'
  if (url.protocol !== 'https:' && !isHttp) throw new OutboundError('invalid_url', `${url.protocol} is not asked; use https:.`)
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('invalid_url', 'A URL must not hold a user or a password; use a header.')
  if (isHttp && !allowsHttp && !allowed.isHostAllowed(url.hostname, portOf(url)))
    throw new OutboundError('invalid_url', `${url.origin} is not encrypted; use https:.`)
  return url
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
