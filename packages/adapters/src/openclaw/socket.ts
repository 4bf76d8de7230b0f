import type { LookupFunction } from 'node:net'

import { OutboundError, type Outbound } from '@engine/outbound'
import { WebSocket } from 'ws'

/** How long one frame may be. */
const maxPayload = 8 * 1_048_576

/**
 * Begins a connection to an address that was checked as that of any other URL is. The client that Node has resolves names by itself, so
 * that a name could lead elsewhere after the check (ADR 0035).
 *
 * @throws OutboundError
 */
export async function beginSocket(outbound: Outbound, url: string, handshakeTimeout: number): Promise<WebSocket> {
  const target = new URL(url)
  target.protocol = target.protocol === 'ws:' ? 'http:' : 'https:'
  await outbound.check(target).catch(rename)
  const port = Number(target.port || (target.protocol === 'http:' ? 80 : 443))
  const addresses = await outbound.addresses(target.hostname.replace(/^\[|\]$/g, ''), port).catch(rename)
  const lookup: LookupFunction = (_hostname, { all }, callback) => {
    const [first] = addresses
    if (all) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
  // Credentials go nowhere but to the URL that an operator set.
  return new WebSocket(url, { lookup, handshakeTimeout, maxPayload, followRedirects: false, perMessageDeflate: false })
}

/** The rules are those of http: and https:, and so are their words. */
function rename(error: unknown): never {
  if (!(error instanceof OutboundError)) throw error
  throw new OutboundError(error.code, error.message.replaceAll(/\bhttp(s?):/g, 'ws$1:'), { cause: error })
}
