import { BlockList, isIP } from 'node:net'

/**
 * Networks that are not the public internet (IANA's special-purpose registries). IPv6 goes the other way round: public is only
 * what lies in 2000::/3, without the ways in which an IPv4 address can be wrapped into one.
 */
const special4 = blockList([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
])
const global6 = blockList([['2000::', 3]])
const special6 = blockList([
  // Teredo, benchmarking, ORCHID and others of the protocol assignments.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
])

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4')
  return list
}

/** Whether an IP address, as text, is of the public internet. What is no address is not. Pure. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4')
    case 6:
      return global6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
    default:
      return false
  }
}

/** What an operator allows besides the public internet. */
export interface AllowedTargets {
  readonly isHostAllowed: (host: string, port: number) => boolean
  readonly isAddressAllowed: (address: string, port: number) => boolean
}

/**
 * Reads a list of `host`, `host:port`, IP address, `[IPv6]:port` and `network/prefix`.
 * @throws Error naming the entry that is none of these
 */
export function parseAllowed(entries: readonly string[]): AllowedTargets {
  const hosts = new Set<string>()
  const networks = new BlockList()
  for (const entry of entries) {
    const [network = '', prefix] = entry.split('/')
    if (prefix === undefined) hosts.add(hostOf(entry))
    else addNetwork(networks, { entry, network, prefix: Number(prefix) })
  }
  const knows = (host: string, port: number) => hosts.has(host) || hosts.has(`${host}:${port}`)
  return {
    isHostAllowed: knows,
    isAddressAllowed: (address, port) =>
      knows(isIP(address) === 6 ? `[${address}]` : address, port) || networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  }
}

function addNetwork(networks: BlockList, { entry, network, prefix }: { entry: string; network: string; prefix: number }): void {
  const version = isIP(network)
  const isPrefix = Number.isInteger(prefix) && prefix >= 0 && prefix <= (version === 6 ? 128 : 32)
  if (version === 0 || !isPrefix) throw new Error(`"${entry}" is no network such as 10.0.0.0/8`)
  networks.addSubnet(network, prefix, version === 6 ? 'ipv6' : 'ipv4')
}

/** A host as URLs write it, with its port when one was given. */
function hostOf(entry: string): string {
  const port = /:(\d+)$/.exec(isIP(entry) === 6 ? '' : entry)?.[1]
  const name = port === undefined ? entry : entry.slice(0, -port.length - 1)
  const url = URL.parse(`https://${isIP(name) === 6 ? `[${name}]` : name}`)
  if (!url || url.hostname === '' || url.pathname !== '/' || url.username !== '')
    throw new Error(`"${entry}" is no host, address or network`)
  return port === undefined ? url.hostname : `${url.hostname}:${Number(port)}`
}
