import { describe, expect, test } from 'vitest'

import { isPublicAddress, parseAllowed } from './addresses.ts'

const notPublic = [
  { what: 'this host', addresses: ['0.0.0.0', '0.1.2.3', '::'] },
  { what: 'loopback', addresses: ['127.0.0.1', '127.255.255.254', '::1'] },
  {
    what: 'private networks',
    addresses: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fd12:3456::1'],
  },
  { what: 'link-local, and the metadata of clouds', addresses: ['169.254.0.1', '169.254.169.254', 'fe80::1', 'febf::1'] },
  { what: 'shared by a carrier', addresses: ['100.64.0.1', '100.127.255.255'] },
  { what: 'for documentation', addresses: ['192.0.2.1', '198.51.100.7', '203.0.113.9', '2001:db8::1', '3fff::1'] },
  {
    what: 'protocol assignments and benchmarks',
    addresses: ['192.0.0.8', '198.18.0.1', '198.19.255.255', '2001:2::1', '2001:10::1', '2001:20::1', '100::1'],
  },
  {
    what: 'multicast, reserved and broadcast',
    addresses: ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1', 'fec0::1'],
  },
  { what: '6to4 relays', addresses: ['192.88.99.1'] },
  {
    what: 'IPv4 wrapped into IPv6',
    addresses: ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1'],
  },
  { what: 'tunnels', addresses: ['2002:7f00:1::', '2002:a00:1::1', '2001::1', '2001:0:53aa:64c::'] },
]

describe('an address is not public when it is of', () => {
  test.each(notPublic)('$what', ({ addresses }) => {
    expect(addresses.filter(isPublicAddress)).toEqual([])
  })
})

test.each(['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '126.255.255.255', '128.0.0.1'])(
  '%s is public',
  (address) => expect(isPublicAddress(address)).toBe(true),
)
test.each([
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '192.169.0.1',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450::1',
  '2001:200::1',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true))

test.each(['', 'localhost', '127.1', '2130706433', '0x7f000001', '1.1.1.1:80', '[::1]', '1.1.1.1/8'])('"%s" is no address', (text) => {
  expect(isPublicAddress(text)).toBe(false)
})

describe('what an operator allows', () => {
  const allowed = parseAllowed(['intranet.example', 'api.example:8443', '127.0.0.1:9000', '10.1.0.0/16', 'fd00::/8', '[::1]:9000', '::2'])

  test('are hosts on every port, or on one', () => {
    expect(allowed.isHostAllowed('intranet.example', 80)).toBe(true)
    expect(allowed.isHostAllowed('api.example', 8443)).toBe(true)
    expect(allowed.isHostAllowed('api.example', 443)).toBe(false)
    expect(allowed.isHostAllowed('other.intranet.example', 80)).toBe(false)
    expect(allowed.isHostAllowed('intranet.example.evil.example', 80)).toBe(false)
  })

  test('are addresses on every port, or on one, and networks', () => {
    expect(allowed.isAddressAllowed('127.0.0.1', 9000)).toBe(true)
    expect(allowed.isAddressAllowed('127.0.0.1', 9001)).toBe(false)
    expect(allowed.isAddressAllowed('::1', 9000)).toBe(true)
    expect(allowed.isAddressAllowed('::1', 9001)).toBe(false)
    expect(allowed.isAddressAllowed('::2', 1)).toBe(true)
    expect(allowed.isAddressAllowed('10.1.255.1', 443)).toBe(true)
    expect(allowed.isAddressAllowed('10.2.0.1', 443)).toBe(false)
    expect(allowed.isAddressAllowed('fd12::1', 443)).toBe(true)
  })

  test.each(['10.0.0.0/33', 'example/8', '::/129', 'https://example', 'a b', 'user@host', 'host/path/8'])('is not "%s"', (entry) => {
    expect(() => parseAllowed([entry])).toThrow(`"${entry}"`)
  })
})
