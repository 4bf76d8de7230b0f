import { describe, expect, it } from 'vitest'

import { trustProxies } from './proxies.ts'

function seen(trusted: string[], peer: string | null, forwarded?: string): string | null {
  const url = new URL('http://engine.invalid/')
  const header = (name: string) => (name === 'x-forwarded-for' ? (forwarded ?? null) : null)
  return trustProxies(trusted)({ method: 'GET', url, header, peer, body: async () => new Uint8Array(), signal: () => AbortSignal.abort() })
}

describe('the address that a request comes from', () => {
  it.each<[what: string, trusted: string[], peer: string | null, forwarded: string | undefined, address: string | null]>([
    ['is that of the connection', [], '203.0.113.1', undefined, '203.0.113.1'],
    ['is not what a stranger says', [], '203.0.113.1', '198.51.100.1', '203.0.113.1'],
    ['is what a proxy of ours says', ['10.0.0.1'], '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['is the last that no proxy of ours has', ['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['is that of the proxy when it says nothing', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
    ['is that of the proxy when it says nonsense', ['10.0.0.1'], '10.0.0.1', 'unknown', '10.0.0.1'],
    ['is told of a socket for both versions as well', ['10.0.0.1'], '::ffff:10.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['is unknown where the host does not know it', ['10.0.0.1'], null, '198.51.100.1', null],
  ])('%s', (...[, trusted, peer, forwarded, address]) => {
    expect(seen(trusted, peer, forwarded)).toBe(address)
  })

  it.each(['example.com', '', '10.0.0.0/33', '10.0.0.0/x', '0.0.0.0/0', '::/0', '10.0.0.0/'])(
    'is not told by a proxy called "%s"',
    (entry) => {
      expect(() => trustProxies([entry])).toThrow(/proxy|proxies/)
    },
  )
})
