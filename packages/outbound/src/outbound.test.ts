import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { createOutbound, OutboundError, type Outbound, type OutboundOptions } from './index.ts'

const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(listener: RequestListener, server: Server = createServer()): Promise<number> {
  server.on('request', listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on a port has one.
  return (server.address() as AddressInfo).port
}

function outbound(options: OutboundOptions = {}): Outbound {
  const created = createOutbound(options)
  closing.push(() => created.close())
  return created
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof OutboundError ? error.code : String(error)
}

test('an address in a network that is allowed is asked without encryption too, a name that leads there is not', async () => {
  const port = await serve((_, response) => response.end('here'))
  const client = outbound({ allow: ['127.0.0.0/8'], resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
  expect(await client.fetch(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 })
  expect(await codeOf(client.fetch(`http://named.example:${port}/`))).toBe('invalid_url')
  expect(await codeOf(outbound({ allow: ['10.0.0.0/8'] }).fetch(`http://127.0.0.1:${port}/`))).toBe('invalid_url')
})

describe('without an allowance', () => {
  test.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://①②⑦.0.0.1/',
    'https://127。0。0。1/',
    'https://0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[fe80::1]/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://localhost/',
    'https://LOCALHOST/',
  ])('%s is not asked', async (url) => {
    expect(await codeOf(outbound().fetch(url))).toBe('address_refused')
  })

  test.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/hostname',
    'data:text/plain,x',
    'javascript:1',
    'gopher://example.com/',
    '/relative',
    '',
    'https://',
    'https://user:password@example.com/',
    'https://[fe80::1%25lo]/',
    'https://1.2.3.4.5/',
  ])('"%s" is no URL to ask', async (url) => {
    const error = await codeOf(outbound({ resolve: async () => [{ address: '1.1.1.1', family: 4 }] }).check(url))
    expect(error).toBe('invalid_url')
  })

  test('a name is refused when any of its addresses is not public, and no connection is made', async () => {
    const visits = vi.fn()
    const port = await serve((_, response) => {
      visits()
      response.end()
    })
    const resolve = async () => [
      { address: '1.1.1.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    expect(await codeOf(outbound({ resolve }).fetch(`https://rebind.example:${port}/`))).toBe('address_refused')
    expect(visits).not.toHaveBeenCalled()
  })

  test('no message tells a path, a query or an address', async () => {
    const resolve = async () => [{ address: '10.1.2.3', family: 4 }]
    const error = await outbound({ resolve })
      .fetch('https://inside.example/hook/T0K3N?key=S3CRET')
      .catch((reason: unknown) => reason)
    expect(String(error)).toContain('https://inside.example')
    expect(String(error)).not.toMatch(/T0K3N|S3CRET|10\.1/)
  })
})

test('a name is asked for its addresses once, and the connection goes to one that was checked', async () => {
  const port = await serve((request, response) => response.end(request.headers.host))
  const answers = [[{ address: '127.0.0.1', family: 4 }], [{ address: '192.0.2.1', family: 4 }]]
  const resolve = vi.fn(async () => answers.shift() ?? [])
  const client = outbound({ resolve, allow: ['127.0.0.1'], allowsHttp: true })
  const response = await client.fetch(`http://name.example:${port}/`)
  expect(Buffer.from(response.body).toString()).toBe(`name.example:${port}`)
  expect(resolve).toHaveBeenCalledTimes(1)
  // A connection that is still open leads where it was checked; the name is not asked for it again.
  expect(await codeOf(client.fetch(`http://name.example:${port}/`))).toBe('null')
  expect(resolve).toHaveBeenCalledTimes(1)
  // Each new one is checked anew.
  client.close()
  expect(await codeOf(client.fetch(`http://name.example:${port}/`))).toBe('address_refused')
})

describe('a request', () => {
  test('brings its method, headers and body, and the answer with its status', async () => {
    const port = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.writeHead(418, { 'x-seen': String(request.headers['x-mine']), 'set-cookie': ['a=1', 'b=2'] })
        response.end(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`)
      })
    })
    const request = { method: 'POST', headers: { 'x-mine': 'yes' }, body: 'größe' } as const
    const response = await outbound({ allow: [`127.0.0.1:${port}`] }).fetch(`http://127.0.0.1:${port}/a?b=c`, request)
    expect(response).toMatchObject({ status: 418, isCut: false, headers: { 'x-seen': 'yes', 'set-cookie': 'a=1, b=2' } })
    expect(Buffer.from(response.body).toString()).toBe('POST /a?b=c größe')
  })

  test('reads no more of an answer than it wants', async () => {
    const port = await serve((_, response) => {
      response.on('error', () => undefined)
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) void 0
        if (!response.destroyed) response.once('drain', write)
      }
      write()
    })
    const client = outbound({ allow: ['127.0.0.1'] })
    const url = `http://127.0.0.1:${port}/`
    expect(await codeOf(client.fetch(url, { maxBytes: 100_000 }))).toBe('too_large')
    const cut = await client.fetch(url, { maxBytes: 100_000, whenLonger: 'cut' })
    expect([cut.body.length, cut.isCut]).toEqual([100_000, true])
  })

  test('ends when its time is over: before the answer, and in the middle of it', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/half') response.write('half')
    })
    const client = outbound({ allow: ['127.0.0.1'] })
    for (const path of ['/none', '/half'])
      expect(await codeOf(client.fetch(`http://127.0.0.1:${port}${path}`, { timeoutMs: 50 }))).toBe('timeout')
    const resolve = () => new Promise<never>(() => undefined)
    expect(await codeOf(outbound({ resolve }).fetch('https://slow.example/', { timeoutMs: 20 }))).toBe('timeout')
  })

  test('ends when its caller gives it up', async () => {
    const stop = new AbortController()
    const port = await serve(() => stop.abort())
    const answer = outbound({ allow: ['127.0.0.1'] }).fetch(`http://127.0.0.1:${port}/`, { signal: stop.signal })
    expect(await codeOf(answer)).toBe('aborted')
  })

  test('that finds nobody, or is cut off, may be tried again', async () => {
    const port = await serve((_, response) => {
      response.write('half')
      response.destroy()
    })
    const client = outbound({ allow: ['127.0.0.1'], resolve: async () => Promise.reject(new Error('ENOTFOUND')) })
    for (const [url, code] of [
      [`http://127.0.0.1:${port}/`, 'unreachable'],
      ['http://127.0.0.1:1/', 'unreachable'],
      ['https://nowhere.example/', 'unresolved'],
    ] as const) {
      const error = await client.fetch(url).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code, isPassing: true })
    }
  })
})

test('an answer that only changes the protocol is none, and nobody waits for it', async () => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  expect(await codeOf(outbound({ allow: ['127.0.0.1'] }).fetch(`http://127.0.0.1:${port}/`))).toBe('unreachable')
})

describe('a redirect', () => {
  test('is followed a few times, and no further', async () => {
    const port = await serve((request, response) => {
      const step = Number(request.url?.slice(1))
      response.writeHead(step > 0 ? 302 : 200, { location: `/${step - 1}` }).end(`${step}`)
    })
    const client = outbound({ allow: ['127.0.0.1'] })
    const url = (steps: number) => `http://127.0.0.1:${port}/${steps}`
    expect(await client.fetch(url(3))).toMatchObject({ status: 200, url: url(0) })
    expect(await codeOf(client.fetch(url(4)))).toBe('too_many_redirects')
    expect(await client.fetch(url(1), { maxRedirects: 0 })).toMatchObject({ status: 302, url: url(1) })
  })

  test.each(['http://127.0.0.1:1/', 'http://[::1]/', 'https://169.254.169.254/', 'file:///etc/hostname', 'https://a:b@example.com/'])(
    'to %s is refused',
    async (location) => {
      const port = await serve((_, response) => response.writeHead(302, { location }).end())
      const code = await codeOf(outbound({ allow: [`127.0.0.1:${port}`] }).fetch(`http://127.0.0.1:${port}/`))
      expect(['address_refused', 'invalid_url']).toContain(code)
    },
  )

  test('to another origin takes no credentials with it', async () => {
    const seen: object[] = []
    const other = await serve(({ headers, method }, response) => {
      seen.push({ authorization: headers.authorization, cookie: headers.cookie, signature: headers['webhook-signature'], method })
      response.end()
    })
    const port = await serve((_, response) => response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end())
    const headers = { authorization: 'Bearer x', Cookie: 'a=b', 'webhook-signature': 'v1,x' }
    await outbound({ allow: ['127.0.0.1'] }).fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: 'x' })
    expect(seen).toEqual([{ authorization: undefined, cookie: undefined, signature: undefined, method: 'POST' }])
  })

  test.each([
    [303, 'GET', ''],
    [302, 'GET', ''],
    [307, 'POST', 'body'],
    [308, 'POST', 'body'],
  ] as const)('with %i goes on as %s', async (status, method, body) => {
    const port = await serve((request, response) => {
      if (request.url === '/') return void response.writeHead(status, { location: '/next' }).end()
      request.setEncoding('utf8')
      let text = ''
      request.on('data', (chunk: string) => (text += chunk))
      request.on('end', () => response.end(`${request.method} ${text}`))
    })
    const response = await outbound({ allow: ['127.0.0.1'] }).fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'body' })
    expect(Buffer.from(response.body).toString()).toBe(`${method} ${body}`)
  })
})

test.runIf(hasOpenssl())('an encrypted answer needs a certificate that is trusted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-outbound-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1', '-nodes']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) })
  const port = await serve((_, response) => response.end('secret'), server)
  const error = await outbound({ allow: ['127.0.0.1'] })
    .fetch(`https://127.0.0.1:${port}/`)
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') })
})

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('the addresses of a host, for other protocols,', () => {
  const resolve = async (hostname: string) => [{ address: hostname.startsWith('private') ? '10.0.0.1' : '1.1.1.1', family: 4 }]

  test('are those that a request would go to', async () => {
    const client = outbound({ resolve, allow: ['private-mail.example:25', '10.9.0.0/16'] })
    expect(await client.addresses('mail.example', 25)).toEqual([{ address: '1.1.1.1', family: 4 }])
    expect(await client.addresses('private-mail.example', 25)).toEqual([{ address: '10.0.0.1', family: 4 }])
    expect(await client.addresses('10.9.1.1', 25)).toEqual([{ address: '10.9.1.1', family: 4 }])
    expect(await client.addresses('2606:4700::1111', 25)).toEqual([{ address: '2606:4700::1111', family: 6 }])
  })

  test.each([
    'private.example',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1%eth0',
    '2002:7f00:1::',
  ])('of %s are refused', async (host) =>
    expect(['address_refused', 'invalid_url']).toContain(await codeOf(outbound({ resolve }).addresses(host, 25))),
  )

  test.each(['', 'a/b', 'a@b', 'a?b', 'a#b', 'a:1', 'a b', String.raw`a\b`, 'https://a'])('of "%s" are none', async (host) => {
    expect(await codeOf(outbound({ resolve }).addresses(host, 25))).toBe('invalid_url')
  })
})

test.each([{ 'x-a': 'a\r\nx-b: c' }, { 'x a': 'b' }, { 'x-a\r\n': 'b' }])(
  'a header that would be several is sent to nobody: %j',
  async (headers) => {
    let asked = 0
    const port = await serve((_, response) => {
      asked += 1
      response.end()
    })
    const error = await outbound({ allow: ['127.0.0.1'] })
      .fetch(`http://127.0.0.1:${port}/`, { headers })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'invalid_request', isPassing: false })
    expect(asked).toBe(0)
  },
)

test.each([
  ['an endless header', (write: (text: string) => void) => write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`)],
  [
    'answers before the answer without end',
    (write: (text: string) => void) => {
      const timer = setInterval(() => write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), 5)
      return () => clearInterval(timer)
    },
  ],
] as const)('%s is no answer', async (_, say) => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      const end = say((text) => void socket.write(text))
      socket.on('close', () => end?.())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  const answer = outbound({ allow: ['127.0.0.1'] }).fetch(`http://127.0.0.1:${port}/`, { timeoutMs: 300 })
  expect(['unreachable', 'timeout']).toContain(await codeOf(answer))
})

describe('a stream', () => {
  test('is given as it comes, and ends when its signal says so', async () => {
    const port = await serve((_, response) => void response.write('first'))
    const ending = new AbortController()
    const { status, body } = await outbound({ allow: ['127.0.0.1'] }).stream(`http://127.0.0.1:${port}/`, { signal: ending.signal })
    const parts = body[Symbol.asyncIterator]()
    expect([status, String((await parts.next()).value)]).toEqual([200, 'first'])
    ending.abort()
    await expect(parts.next()).rejects.toThrow()
  })

  test('goes where a request may go, and follows no redirect', async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    const answer = await outbound({ allow: [`127.0.0.1:${port}`] }).stream(`http://127.0.0.1:${port}/`)
    expect([answer.status, answer.headers['location']]).toEqual([302, 'http://127.0.0.1:1/'])
    answer.body.resume()
    expect(await codeOf(outbound().stream(`https://127.0.0.1:${port}/`))).toBe('address_refused')
    const led = outbound({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    expect(await codeOf(led.stream(`https://named.example:${port}/`))).toBe('address_refused')
    expect(await codeOf(outbound({ allow: ['127.0.0.1'] }).stream('http://127.0.0.1:1/'))).toBe('unreachable')
  })
})
