import { describe, expect, it } from 'vitest'

import { admit, publicAddress } from './door.ts'

const addresses = [publicAddress('https://engine.example'), publicAddress('https://app.example:8443/engine/')]

/** Under which address a request with these headers gets in; null when it does not. */
function letIn(headers: Readonly<Record<string, string>>, { method = 'GET', letsLoopback = false, known = addresses } = {}): string | null {
  const request = {
    method,
    url: new URL('http://engine.invalid/api/companies'),
    header: (name: string) => headers[name] ?? null,
    body: async () => new Uint8Array(),
    signal: () => AbortSignal.abort(),
  }
  try {
    return admit(request, known, { letsLoopback }).origin
  } catch (error) {
    expect(error).toMatchObject({ code: 'untrusted_origin', kind: 'denied' })
    return null
  }
}

const hosts: [host: string, isLetIn: boolean][] = [
  ['engine.example', true],
  ['ENGINE.example', true],
  ['engine.example:443', true],
  ['app.example:8443', true],
  ['app.example', false],
  ['app.example:443', false],
  ['engine.example:80', false],
  ['engine.example:8443', false],
  ['engine.example.', false],
  ['engine.example.evil.com', false],
  ['evil.engine.example', false],
  ['xengine.example', false],
  ['engine.example@evil.com', false],
  ['evil.com@engine.example', false],
  ['evil.com#engine.example', false],
  ['engine.example, evil.com', false],
  [' engine.example', false],
  ['engine.example%00', false],
  ['localhost', false],
  ['localhost:4400', false],
  ['127.0.0.1:4400', false],
  ['localhost.evil.com', false],
  ['', false],
]

const origins: [origin: string, isLetIn: boolean][] = [
  ['https://engine.example', true],
  ['https://app.example:8443', true],
  ['http://engine.example', false],
  ['https://engine.example:443', false],
  ['https://engine.example:8443', false],
  ['https://app.example', false],
  ['https://engine.example/', false],
  ['https://engine.example.evil.com', false],
  ['https://evil.engine.example', false],
  ['https://evil.com', false],
  ['https://evil.com, https://engine.example', false],
  ['http://localhost:4400', false],
  ['null', false],
  ['', false],
  ['file://', false],
  ['chrome-extension://abcdef', false],
]

const local: [host: string, origin: string | null, isLetIn: boolean][] = [
  ['localhost:4400', null, true],
  ['127.0.0.1:4400', 'http://127.0.0.1:4400', true],
  ['[::1]:4400', 'http://[::1]:4400', true],
  ['localhost:4400', 'http://localhost:4400', true],
  ['localhost:4400', 'http://localhost:3000', false],
  ['localhost:4400', 'http://127.0.0.1:4400', false],
  ['localhost:4400', 'https://localhost:4400', false],
  ['localhost.evil.com:4400', 'http://localhost.evil.com:4400', false],
  ['127.0.0.1.nip.io:4400', null, false],
  ['127.0.0.2:4400', null, false],
  ['2130706433', null, false],
  ['[::ffff:127.0.0.1]:4400', null, false],
  ['0.0.0.0:4400', null, false],
  ['evil.com', 'http://localhost:4400', false],
]

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const sites: [site: string, more: Record<string, string>, method: string, isLetIn: boolean][] = [
  ['same-origin', {}, 'POST', true],
  ['none', navigation, 'GET', true],
  ['cross-site', {}, 'GET', false],
  ['same-site', {}, 'GET', false],
  ['cross-site', navigation, 'GET', true],
  ['cross-site', navigation, 'HEAD', true],
  ['cross-site', navigation, 'POST', false],
  ['cross-site', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, 'GET', false],
  ['cross-site', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 'GET', false],
  ['same-site', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 'POST', false],
]

describe(`the door of a server with accounts, in ${hosts.length + origins.length + local.length + sites.length} combinations`, () => {
  it.each(hosts)('for the host "%s": %s', (host, isLetIn) => {
    expect(letIn({ host }) !== null).toBe(isLetIn)
    // What another header says the host is counts for nothing.
    expect(letIn({ host: 'evil.com', 'x-forwarded-host': host, forwarded: `host=${host}` })).toBeNull()
    // Neither does a key: the name is looked at first.
    expect(letIn({ host, authorization: 'Bearer eng_user_x' }) !== null).toBe(isLetIn)
  })

  it.each(origins)('for a page of "%s": %s', (origin, isLetIn) => {
    expect(letIn({ host: 'engine.example', origin }) !== null).toBe(isLetIn)
    expect(letIn({ host: 'engine.example', origin, 'sec-fetch-site': 'same-origin' }, { method: 'POST' }) !== null).toBe(isLetIn)
  })

  it.each(local)('on this machine as "%s" for a page of %s: %s', (host, origin, isLetIn) => {
    const headers = { host, ...(origin !== null && { origin }) }
    expect(letIn(headers, { letsLoopback: true, known: [] }) !== null).toBe(isLetIn)
    expect(letIn(headers, { letsLoopback: false })).toBeNull()
  })

  it.each(sites)('for what a browser calls %s (%j) by %s: %s', (...[site, more, method, isLetIn]) => {
    expect(letIn({ host: 'engine.example', 'sec-fetch-site': site, ...more }, { method }) !== null).toBe(isLetIn)
  })
})

describe('a public address', () => {
  it.each([
    'https://engine.example',
    'https://engine.example/',
    'https://engine.example:8443/mounted/',
    'http://localhost:4400',
    'http://127.0.0.1',
  ])('may be %s', (text) => expect(publicAddress(text).base).toBe(text.includes('mounted') ? '/mounted' : ''))

  it.each([
    'engine.example',
    '',
    'ftp://engine.example',
    'https://user:password@engine.example',
    'https://engine.example?a=1',
    'https://engine.example#a',
    'https://*.engine.example',
    'http://engine.example',
    'http://192.168.0.4:4400',
    'http://localhost.evil.com',
  ])('is not "%s"', (text) => expect(() => publicAddress(text)).toThrow(/public address|in the clear/))
})
