import { describe, expect, it } from 'vitest'

import { guardLocal, isLoopback } from './local-guard.ts'

/** Whether a request with these headers gets in. */
function isLetIn(headers: Readonly<Record<string, string>>): boolean {
  const request = {
    method: 'GET',
    url: new URL('http://engine.invalid/'),
    header: (name: string) => headers[name] ?? null,
    body: async () => new Uint8Array(),
    signal: () => AbortSignal.abort(),
  }
  try {
    guardLocal(request)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'untrusted_origin', kind: 'denied' })
    return false
  }
}

const here = ['localhost', 'localhost:4400', '127.0.0.1', '127.0.0.1:4400', '[::1]', '[::1]:4400', 'LOCALHOST:4400', 'LocalHost']
const elsewhere = [
  '',
  'evil.com',
  'evil.com:4400',
  'localhost.evil.com',
  'localhost.evil.com:4400',
  '127.0.0.1.evil.com',
  '127.0.0.1.nip.io:4400',
  'evil.com#localhost',
  'evil.com/localhost',
  'localhost@evil.com',
  'evil.com@localhost',
  'localhost:4400@evil.com',
  'localhost:evil',
  'localhost:',
  'localhost:4400:4400',
  'localhost, evil.com',
  ' localhost',
  'xlocalhost',
  'localhost.',
  '0.0.0.0:4400',
  '127.0.0.2',
  '127.1',
  '2130706433',
  '0x7f000001',
  '::1',
  '[::1].evil.com',
  '[::ffff:127.0.0.1]:4400',
  '[::]:4400',
  '192.168.0.1:4400',
  'localhost%00.evil.com',
]

describe('the door of a server without accounts', () => {
  it.each(here)('is open for a request that names it %s', (host) => {
    expect(isLetIn({ host })).toBe(true)
    expect(isLetIn({ host, origin: `http://${host.toLowerCase()}` })).toBe(true)
    expect(isLetIn({ host, 'sec-fetch-site': 'same-origin' })).toBe(true)
    expect(isLetIn({ host, 'sec-fetch-site': 'none' })).toBe(true)
  })

  it.each(elsewhere)('is shut for a request that names "%s"', (host) => {
    expect(isLetIn({ host })).toBe(false)
    expect(isLetIn({ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBe(false)
  })

  it('is shut for a request that names no host', () => {
    expect(isLetIn({})).toBe(false)
    expect(isLetIn({ 'x-forwarded-host': 'localhost', forwarded: 'host=localhost' })).toBe(false)
  })

  it.each([
    'null',
    '',
    'http://evil.com',
    'http://localhost.evil.com:4400',
    'http://localhost:4401',
    'http://localhost',
    'http://127.0.0.1:4400',
    'https://localhost:4400',
    'http://localhost:4400/',
    'http://localhost:4400.evil.com',
    'http://[::1]:4400',
    'file://',
    'chrome-extension://abcdef',
    'http://localhost:4400, http://evil.com',
  ])('is shut for a page of the origin "%s"', (origin) => {
    expect(isLetIn({ host: 'localhost:4400', origin })).toBe(false)
  })

  it.each(['cross-site', 'same-site'])('is shut for what a browser calls %s, also without an origin', (site) => {
    expect(isLetIn({ host: 'localhost:4400', 'sec-fetch-site': site })).toBe(false)
    expect(isLetIn({ host: 'localhost:4400', origin: 'http://localhost:4400', 'sec-fetch-site': site })).toBe(false)
  })
})

describe('a loopback address', () => {
  it.each(['127.0.0.1', 'localhost', '::1', '[::1]'])('is %s', (host) => expect(isLoopback(host)).toBe(true))
  it.each(['0.0.0.0', '::', '', '192.168.0.1', 'example.com', 'localhost.evil.com', '127.0.0.1.evil.com'])('is not "%s"', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})
