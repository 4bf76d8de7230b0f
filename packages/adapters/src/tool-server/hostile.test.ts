import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, onTestFinished, test } from 'vitest'

import { callOf, connect, headersWith, post, serve, toolNamed, use, type Served } from './fixtures.ts'

async function open(): Promise<Served & { called: unknown[] }> {
  const called: unknown[] = []
  const server = await serve([
    toolNamed('comments_create', async (input) => {
      called.push(input)
      return { isError: false, output: 'kept' }
    }),
  ])
  return Object.defineProperty(server, 'called', { value: called }) as Served & { called: unknown[] }
}

/** fetch names the Host by itself. */
async function statusWithHost({ url, token }: Served, host: string): Promise<number | undefined> {
  const request = httpRequest(url, { method: 'POST', headers: { ...headersWith(token), host } })
  request.end(JSON.stringify(callOf('comments_create')))
  // The event of this name gives a response.
  const [response] = (await once(request, 'response')) as [{ statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}

async function rawSocket({ url }: Served): Promise<Socket> {
  const socket = connectSocket(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'connect')
  return socket
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10)
}

/** Also after what a test did to it. */
async function expectWorks(server: Served): Promise<void> {
  expect(await use(await connect(server), 'comments_create')).toBe('"kept"')
}

describe('nobody but the program gets in', () => {
  test.each([
    ['without a token', { authorization: '' }, 401],
    ['with another token', { authorization: `Bearer ${'x'.repeat(43)}` }, 401],
    ['with a beginning of the token', { authorization: 'Bearer ' }, 401],
    ['with another way to log in', { authorization: 'Basic dTpw' }, 401],
    ['from a page of another site', { origin: 'https://evil.example' }, 403],
    ['from a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['from a file', { origin: 'null' }, 403],
  ])('%s', async (_, headers, status) => {
    const server = await open()
    const answer = await post(server, callOf('comments_create'), headers)
    expect([answer.status, await answer.text()]).toEqual([status, ''])
    expect(server.called).toEqual([])
    await expectWorks(server)
  })

  test.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1', '[::1]'])('by the name %s', async (host) => {
    const server = await open()
    expect(await statusWithHost(server, host)).toBe(403)
    expect(server.called).toEqual([])
  })

  test('from elsewhere: it listens on this machine alone', async () => {
    expect((await open()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
  })
})

describe('what is no request of the protocol', () => {
  test.each(['GET', 'DELETE', 'PUT', 'OPTIONS'])('%s is not served', async (method) => {
    const server = await open()
    const answer = await fetch(server.url, { method, headers: headersWith(server.token) })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('another path is not there', async () => {
    const server = await open()
    for (const path of ['/', '/mcp/x', '/mcp?a=1', '/.well-known/oauth-protected-resource']) {
      const answer = await post({ url: new URL(path, server.url).href, token: server.token }, callOf('comments_create'))
      expect(answer.status).toBe(404)
    }
  })

  test.each([
    ['no JSON', '{"jsonrpc":'],
    ['nothing', ''],
    ['a text', '"hello"'],
    ['a list of calls, of which each would be answered', JSON.stringify(Array.from({ length: 10_000 }, () => callOf('comments_create')))],
    ['bytes', '\u0000\u0001'],
  ])('%s is refused', async (_, body) => {
    const server = await open()
    const answer = await fetch(server.url, { method: 'POST', body, headers: headersWith(server.token) })
    expect(answer.status).toBe(400)
    expect(server.called).toEqual([])
    await expectWorks(server)
  })

  test.each([
    [{ jsonrpc: '2.0', id: 1, method: 'no/such' }],
    [{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 7 } }],
    [{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'comments_create', arguments: [] } }],
    [{ jsonrpc: '1.0' }],
    [{}],
  ])('%j is an error and nothing is called', async (body) => {
    const server = await open()
    expect(await (await post(server, body)).text()).toContain('"error"')
    expect(server.called).toEqual([])
    await expectWorks(server)
  })

  test('a body of many megabytes is not read', async () => {
    const server = await open()
    const answer = await post(server, callOf('comments_create', { body: 'x'.repeat(5 * 1024 * 1024) })).catch(() => null)
    expect(answer === null || answer.status === 413).toBe(true)
    expect(server.called).toEqual([])
    await expectWorks(server)
  })

  test('noise on the socket harms nobody', async () => {
    const server = await open()
    const socket = await rawSocket(server)
    socket.write(Buffer.from([0x16, 0x03, 0x01, 0xff, 0x00, 0x0a, 0x0a]))
    await once(socket, 'close')
    await expectWorks(server)
  })
})

describe('whoever is on this machine', () => {
  test('keeps nobody out who has the token, however many connections are held open', async () => {
    const server = await open()
    const sockets: Socket[] = []
    for (let at = 0; at < 100; at += 1) sockets.push(await rawSocket(server))
    sockets.at(-1)?.write('POST /mcp HTTP/1.1\r\nhost: 127')
    expect((await post(server, callOf('comments_create'))).status).toBe(200)
    expect(server.called).toHaveLength(1)
    // The oldest made room.
    await until(() => sockets.filter((socket) => !socket.destroyed).length <= 64)
    expect(sockets[0]?.destroyed).toBe(true)
  })

  test('ends nothing that has brought the token', async () => {
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const server = await serve([
      toolNamed('comments_create', async () => {
        begun.resolve()
        await goOn.promise
        return { isError: false, output: 'kept' }
      }),
    ])
    const answer = post(server, callOf('comments_create'))
    await begun.promise
    for (let at = 0; at < 130; at += 1) await rawSocket(server)
    goOn.resolve()
    expect(await (await answer).text()).toContain('kept')
  })
})

describe('a program that asks too much', () => {
  test('is answered in its turn or told to come later, and what it did is counted once', async () => {
    const server = await open()
    const answers = await Promise.all(
      Array.from({ length: 400 }, () =>
        post(server, callOf('comments_create')).then(
          (answer) => answer.status,
          () => 0,
        ),
      ),
    )
    const taken = answers.filter((status) => status === 200).length
    expect(taken).toBeGreaterThan(0)
    expect(server.called).toHaveLength(taken)
    expect(answers.filter((status) => ![0, 200, 503].includes(status))).toEqual([])
    await expectWorks(server)
  })

  test('through one connection, without waiting for answers, is held back', async () => {
    const server = await open()
    const socket = await rawSocket(server)
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    const head = Object.entries(headersWith(server.token)).map(([name, value]) => `${name}: ${value}\r\n`)
    const message = `POST /mcp HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\n${head.join('')}content-length: ${body.length}\r\n\r\n${body}`
    for (let time = 0; time < 2_000 && !socket.destroyed; time += 1) socket.write(message)
    await sleep(300)
    socket.destroy()
    await expectWorks(server)
  })

  test('holds open what it likes, and the end of the run ends it', async () => {
    const server = await open()
    const sockets = await Promise.all(Array.from({ length: 20 }, () => rawSocket(server)))
    const ended = sockets.map((socket) => once(socket, 'close'))
    for (const socket of sockets.slice(0, 10)) socket.write('POST /mcp HTTP/1.1\r\nhost: 127')
    sockets[11]?.write(
      `POST /mcp HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\nauthorization: Bearer ${server.token}\r\ncontent-length: 100\r\n\r\n{`,
    )
    await expectWorks(server)
    await server.close()
    await Promise.all(ended)
  })
})
