import { BlockList, isIP } from 'node:net'

import type { WireRequest } from '../wire.ts'

/** Tells the address that a request comes from, past the proxies that are trusted to say so. */
export type AddressOf = (request: WireRequest) => string | null

/** @param trusted addresses, or networks such as 10.0.0.0/8. @throws naming one that is neither, or that is everybody */
export function trustProxies(trusted: readonly string[]): AddressOf {
  // Whoever trusts nobody is told by the connection alone.
  if (trusted.length === 0) return (request) => plain(request.peer ?? null)
  const list = new BlockList()
  for (const entry of trusted) addEntry(list, entry)
  const isTrusted = (address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (request) => {
    let address = plain(request.peer ?? null)
    const said = (request.header('x-forwarded-for') ?? '').split(',').map((part) => plain(part.trim()))
    // Each proxy adds whom it was asked by at the end; what stands before a stranger's address is the stranger's own word.
    while (address !== null && said.length > 0 && isTrusted(address)) {
      const before = said.pop() ?? null
      if (before === null) break
      address = before
    }
    return address
  }
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', length] = entry.split('/')
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const bits = length === undefined ? most : Number(length)
  if (version === 0 || !/^\d{0,3}$/.test(length ?? '') || bits > most)
    throw new Error(`"${entry}" is no proxy to trust: name its address, or its network as in 10.0.0.0/8.`)
  if (bits < 8) throw new Error(`To trust ${entry} as proxies is to let anybody say who they are. Name the addresses of your own.`)
  list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4')
}

/** An address as it is counted: without the form that a socket for both versions gives, and without a port. */
function plain(text: string | null): string | null {
  const bare = text?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
  return isIP(bare) === 0 ? null : bare
}
