import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { createEngine, type Engine } from '@engine/core'
import { definePlugin } from '@engine/core/plugin'
import { createHandler, localOperator, serve, type HandlerOptions, type WireRequest } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { callHandler, createCompany, createWorld } from './http-fixtures.ts'
import { furnishCompany } from './http-furnished.ts'

/** Calls the handler as a host does that knows where its requests come from. */
function caller(options: HandlerOptions) {
  const handler = createHandler(options)
  return async (path: string, { key, address = '192.0.2.1', method = 'GET' }: { key?: string; address?: string; method?: string } = {}) => {
    const request: WireRequest = {
      method,
      url: new URL(`http://localhost${path}`),
      header: (name) => (name === 'authorization' && key !== undefined ? `Bearer ${key}` : name === 'host' ? 'localhost' : null),
      body: async () => new Uint8Array(),
      signal: () => AbortSignal.timeout(30_000),
      peer: address,
    }
    const { status, headers, body } = await handler(request)
    if (typeof body !== 'string') throw new Error('this answer is no text')
    return { status, headers, body: JSON.parse(body) as Record<string, unknown> }
  }
}

const path = (companyId: string) => `/api/companies/${companyId}`

describe('a caller with a credential', () => {
  it('is told what is left, and is answered 429 with a time when nothing is, and others go on', async () => {
    const { engine } = await createWorld()
    const { companyId, agentKey, memberKey } = await furnishCompany(engine, 'Acme')
    const call = caller({ engine, limits: { perMinute: 3 } })
    const left: unknown[] = []
    for (let index = 0; index < 3; index += 1) left.push((await call(path(companyId), { key: agentKey })).headers['ratelimit'])
    expect(left.map((header) => /r=(\d+)/.exec(String(header))?.[1])).toEqual(['2', '1', '0'])
    const refused = await call(path(companyId), { key: agentKey, address: '192.0.2.9' })
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', retryAfterMs: expect.any(Number) } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await call(path(companyId), { key: memberKey })).status).toBe(200)
    expect((await call('/api/health/live', { key: agentKey })).status).toBe(200)
  })

  it('may say that it lives also when nothing else is left of its minute, and no more often than anything else', async () => {
    const { engine } = await createWorld()
    const { runId, credential: key } = await createCompany(engine, 'Acme')
    const call = caller({ engine, limits: { perMinute: 2 } })
    const show = async () => (await call(`/api/runs/${runId}`, { key })).status
    const beat = async () => (await call(`/api/runs/${runId}/heartbeat`, { key, method: 'POST' })).status
    expect([await show(), await show(), await show()]).toEqual([200, 200, 429])
    expect([await beat(), await beat(), await beat(), await show()]).toEqual([200, 200, 429, 429])
  })

  it('is limited by nothing where nobody asked for limits, and neither is who needs no credential on this machine', async () => {
    const { engine } = await createWorld()
    const { companyId, agentKey } = await furnishCompany(engine, 'Acme')
    const unlimited = caller({ engine })
    const local = caller({ engine, localActor: localOperator, limits: { perMinute: 1 } })
    for (let index = 0; index < 5; index += 1) {
      expect((await unlimited(path(companyId), { key: agentKey })).headers).not.toHaveProperty('ratelimit')
      expect((await local(path(companyId))).status).toBe(200)
    }
  })
})

describe('an address from which unknown credentials come', () => {
  it('is answered 429 after some, whichever it sends, and asks the database no more', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const authenticate = vi.fn<Engine['authenticate']>((credential) => engine.authenticate(credential))
    const call = caller({ engine: { ...engine, authenticate }, limits: { unknownPerMinute: 3 } })
    const statuses: number[] = []
    for (let index = 0; index < 6; index += 1)
      statuses.push((await call(path(companyId), { key: `eng_user_${randomBytes(32).toString('base64url')}` })).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
    expect(authenticate).toHaveBeenCalledTimes(3)
    expect((await call(path(companyId), { address: '192.0.2.2' })).status).toBe(401)
  })

  it('keeps nobody out whose key is known, nor makes one known by being sent', async () => {
    const { engine } = await createWorld()
    const { companyId, agentKey } = await furnishCompany(engine, 'Acme')
    const authenticate = vi.fn<Engine['authenticate']>((credential) => engine.authenticate(credential))
    const call = caller({ engine: { ...engine, authenticate }, limits: { unknownPerMinute: 2 } })
    expect((await call(path(companyId), { key: agentKey })).status).toBe(200)
    const wrong = ['a', 'b', 'a', 'b'].map((key) => async () => (await call(path(companyId), { key })).status)
    for (const [index, send] of wrong.entries()) expect(await send()).toBe(index < 2 ? 401 : 429)
    expect((await call(path(companyId), { key: agentKey })).status).toBe(200)
    // What was wrong once is not looked for again.
    expect(authenticate.mock.calls.map(([credential]) => credential)).toEqual([agentKey, 'a', 'b', agentKey])
  })

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['192.0.2.1', '192.0.2.2', false],
  ])('is a network where one machine has many: %s and %s', async (first, second, isSame) => {
    const { engine } = await createWorld()
    const call = caller({ engine, limits: { unknownPerMinute: 1 } })
    expect((await call('/api/companies', { key: 'a', address: first })).status).toBe(401)
    expect((await call('/api/companies', { key: 'b', address: second })).status).toBe(isSame ? 429 : 401)
  })
})

describe('a webhook of a plugin', () => {
  it('takes so many requests of one address, whatever they bring, and asks the plugin about no more', async () => {
    const asked: string[] = []
    const orders = definePlugin({
      id: 'orders',
      version: '1.0.0',
      engine: '^1',
      webhooks: { orders: { handle: async ({ companyId }) => (asked.push(companyId), false) } },
    })
    const engine = await createEngine({ storage: sqlite(':memory:'), plugins: [orders] })
    onTestFinished(() => engine.stop())
    const install = async (name: string) => {
      const { id: companyId } = await engine.companies.create({ name })
      const { webhooks } = await engine.plugins.install({ companyId, plugin: 'orders' })
      return { companyId, path: webhooks[0]?.path ?? '' }
    }
    const [acme, beta] = [await install('Acme'), await install('Beta')]
    for (const given of [{}, { localActor: localOperator }]) {
      asked.length = 0
      const call = caller({ engine, ...given, limits: { receivedPerMinute: 2 } })
      // Another credential each time makes nobody else of who sends it.
      const send = (to: { path: string }, address?: string) =>
        call(to.path, { method: 'POST', key: randomBytes(8).toString('hex'), ...(address !== undefined && { address }) })
      for (let index = 0; index < 2; index += 1) expect((await send(acme)).status).toBe(404)
      const refused = await send({ path: acme.path.replace('orders', '%6frders') })
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', detail: expect.stringContaining('webhook') } })
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect(asked).toEqual([acme.companyId, acme.companyId])
      expect((await send(beta)).status).toBe(404)
      expect((await send(acme, '192.0.2.2')).status).toBe(404)
      expect(asked).toEqual([acme.companyId, acme.companyId, beta.companyId, acme.companyId])
    }
  })
})

describe('a company', () => {
  it('has so many requests under way at once, and another one goes on beside it', async () => {
    const { engine } = await createWorld()
    const acme = await furnishCompany(engine, 'Acme')
    const beta = await furnishCompany(engine, 'Beta')
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const execute: Engine['execute'] = async (name, request) => {
      if (Object(request.input).companyId === acme.companyId) {
        begun.resolve()
        await goOn.promise
      }
      return engine.execute(name, request)
    }
    const call = caller({ engine: { ...engine, execute }, limits: { concurrentPerCompany: 1 } })
    const first = call(path(acme.companyId), { key: acme.agentKey })
    await begun.promise
    const second = await call(path(acme.companyId), { key: acme.agentKey })
    expect(second).toMatchObject({ status: 429, body: { code: 'rate_limited', most: 1 } })
    expect((await call(path(beta.companyId), { key: beta.agentKey })).status).toBe(200)
    goOn.resolve()
    expect((await first).status).toBe(200)
    expect((await call(path(acme.companyId), { key: acme.agentKey })).status).toBe(200)
  })
})

describe('bodies of which nobody sends the rest', () => {
  /** A server on which two requests may be under way at once, and a way to ask it. */
  async function open() {
    const { engine } = await createWorld()
    const server = await serve({ engine, port: 0, mode: 'authenticated', limits: { concurrentPerCompany: 2 } })
    onTestFinished(() => server.close())
    const ask = (path: string, { key, body, signal }: { key?: string; body?: string | ReadableStream; signal?: AbortSignal } = {}) => {
      const headers = { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) }
      return fetch(server.url + path, { method: 'POST', headers, body, signal, duplex: 'half' } as RequestInit)
    }
    const begin = (path: string, key?: string) => {
      const gone = new AbortController()
      onTestFinished(() => gone.abort())
      for (const _ of ['one', 'two']) {
        const body = new ReadableStream({ start: (more) => more.enqueue(Buffer.from('{')) })
        ask(path, { body, signal: gone.signal, ...(key !== undefined && { key }) }).catch(() => undefined)
      }
      return () => gone.abort()
    }
    return { company: await furnishCompany(engine, 'Acme'), ask, begin }
  }

  it.each(['attachments?name=x', 'comments'])('keep people from nothing when an agent sends them to …/%s', async (verb) => {
    const { company, ask, begin } = await open()
    const { companyId, taskId, credential: key, memberKey } = company
    begin(`/api/tasks/${taskId}/${verb}`, key)
    await vi.waitFor(async () => expect((await ask(`/api/tasks/${taskId}/comments`, { key, body: '{}' })).status).toBe(429))
    expect((await ask(`/api/companies/${companyId}/pause`, { key: memberKey })).status).toBe(200)
  })

  it('are as many of strangers as of anybody, and keep nobody out who has a key', async () => {
    const { company, ask, begin } = await open()
    const logIn = async () => (await ask('/api/accounts/log-in', { body: '{"email":"a@example.com","password":"wrong"}' })).status
    const end = begin('/api/accounts/log-in')
    await vi.waitFor(async () => expect(await logIn()).toBe(429))
    expect((await ask(`/api/companies/${company.companyId}/pause`, { key: company.memberKey })).status).toBe(200)
    end()
    await vi.waitFor(async () => expect(await logIn()).toBe(401))
  })
})

/** A client that speaks no HTTP of a library's, so that it can go away and stay silent as it likes. */
function listenTo(port: number, companyId: string) {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  socket.write(`GET /api/companies/${companyId}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`)
  return socket
}

describe('the streams of a server', () => {
  it('leave nothing behind after 2,000 clients that went away without a word', { timeout: 60_000 }, async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    let open = 0
    const { stream } = engine
    vi.spyOn(engine, 'stream').mockImplementation(async function* (options) {
      open += 1
      try {
        yield* stream(options)
      } finally {
        open -= 1
      }
    })
    const server = await serve({ engine, port: 0 })
    onTestFinished(() => server.close())
    const port = Number(new URL(server.url).port)
    let most = 0
    for (let round = 0; round < 50; round += 1) {
      const sockets = Array.from({ length: 40 }, () => listenTo(port, companyId))
      // Some go before they were answered, the rest while they are.
      const answered = sockets.filter((_, index) => index % 4 !== 0)
      await Promise.all(answered.map((socket) => new Promise((resolve) => socket.once('data', resolve))))
      most = Math.max(most, open)
      for (const [index, socket] of sockets.entries()) {
        if (index % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      }
      await vi.waitFor(() => expect(open).toBe(0), { timeout: 10_000 })
    }
    await vi.waitFor(() => expect(open).toBe(0), { timeout: 10_000 })
    expect(most).toBeGreaterThan(10)
    // Each place was given back: as many as one caller may have are free.
    const headers = { accept: 'text/event-stream' }
    const all = await Promise.all(Array.from({ length: 50 }, () => fetch(`${server.url}/api/companies/${companyId}/events`, { headers })))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    const oneMore = await fetch(`${server.url}/api/companies/${companyId}/events`, { headers })
    expect([oneMore.status, await oneMore.json()]).toMatchObject([429, { code: 'rate_limited' }])
    for (const { body } of all) await body?.cancel()
  })

  it('end for a client that does not read on, with the word to come back', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    for (let round = 0; round < 300; round += 1) await engine.tasks.progress({ taskId, percent: 1, details: { text: 'x'.repeat(60_000) } })
    const server = await serve({ engine, port: 0, streamPatienceMs: 100 })
    onTestFinished(() => server.close())
    const socket = listenTo(Number(new URL(server.url).port), companyId)
    await new Promise<void>((resolve) => socket.once('data', () => resolve(void socket.pause())))
    let more = ''
    // Silent for longer than it may be, and then it reads what is still on its way.
    await new Promise((resolve) => setTimeout(resolve, 500))
    const ended = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        more = (more + chunk.toString()).slice(-400)
        // The last chunk of an answer is empty; the connection is kept.
        if (more.endsWith('\r\n0\r\n\r\n')) resolve()
      })
    })
    socket.resume()
    await ended
    expect(more).toMatch(/event: resync\ndata: .*come back with your last id/)
  })

  it('send no more than 1 MiB at once', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    for (let round = 0; round < 40; round += 1) await engine.tasks.progress({ taskId, percent: 1, details: { text: 'x'.repeat(60_000) } })
    const gone = new AbortController()
    const answer = await createHandler({ engine, localActor: localOperator })({
      method: 'GET',
      url: new URL(`http://localhost/api/companies/${companyId}/events`),
      header: (name) => (name === 'accept' ? 'text/event-stream' : name === 'host' ? 'localhost' : null),
      body: async () => new Uint8Array(),
      signal: () => gone.signal,
    })
    const sizes: number[] = []
    let seen = 0
    if (typeof answer.body === 'string' || answer.body instanceof Uint8Array) throw new Error('this is no stream')
    for await (const part of answer.body) {
      sizes.push(part.length)
      seen += String(part).split('event: task.progress_updated').length - 1
      if (seen === 40) gone.abort()
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024)
    expect(sizes.length).toBeGreaterThan(2)
  })
})

describe('a server for other machines', () => {
  it('has limits by itself', async () => {
    const { engine } = await createWorld()
    const { companyId, agentKey } = await furnishCompany(engine, 'Acme')
    for (const [limits, expected] of [
      [undefined, '"requests";q=6000;w=60'],
      [null, null],
      [{ perMinute: 7 }, '"requests";q=7;w=60'],
    ] as const) {
      const server = await serve({ engine, port: 0, ...(limits !== undefined && { limits }) })
      const answer = await fetch(`${server.url}${path(companyId)}`, { headers: { authorization: `Bearer ${agentKey}` } })
      expect(answer.headers.get('ratelimit-policy')).toBe(expected)
      await server.close()
    }
  })

  it('says 429 in every refusal of a handler that was asked for limits', async () => {
    const { engine } = await createWorld()
    const call = callHandler({ engine, limits: { unknownPerMinute: 1 } })
    expect((await call('GET', '/api/companies')).status).toBe(401)
    expect((await call('GET', '/api/companies')).status).toBe(429)
  })
})
