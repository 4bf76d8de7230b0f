import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest'

import { createClient, EngineError, type Client, type ClientOptions } from '@engine/client'
import { coreRegistry, EngineError as CoreError, type Actor, type Engine } from '@engine/core'
import type { Task } from '@engine/core/contract'
import { createHandler, localOperator, serve, webHandler } from '@engine/http'
import { createFaultProxy, errorOf } from '@engine/testing'

import { createCompany, createWorld, serveWorld, watchCalls } from './http-fixtures.ts'
import { furnishCompany, inputOf, keyFor, routesOf } from './http-routes.ts'

const url = 'http://localhost:4400'

/** A client of an engine in this process, without a port. */
function clientOf(engine: Engine, localActor: Actor = localOperator, more: Partial<ClientOptions> = {}): Client {
  return createClient({ url, fetch: webHandler(createHandler({ engine, localActor })), ...more })
}

/** What was done, or what it failed with, as data. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await call))
  } catch (error) {
    if (!CoreError.isInstance(error)) throw error
    const { code, kind, message, details } = error
    return JSON.parse(JSON.stringify({ code, kind, message, details }))
  }
}

/** What Node.js does by itself at any time. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

describe('every operation, through the client', () => {
  it.each(routesOf(coreRegistry()))('$name reaches the engine as the SDK would call it, and answers the same', async (route) => {
    const { name } = route
    const { engine } = await createWorld()
    const company = await furnishCompany(engine, 'Acme')
    const input = inputOf(route, company, company)
    if (name === 'attachments.upload') input['content'] = 'mine'
    const { watched, calls } = watchCalls(engine)
    const client = clientOf(watched, localOperator, keyFor(route, company))
    const sent = name === 'attachments.upload' ? { ...input, content: new TextEncoder().encode('mine') } : input
    const answered = await outcomeOf(client.execute(name, sent))
    const [call] = calls
    expect(calls).toHaveLength(1)
    const { content: _content, headers: _headers, ...received } = Object(call?.input)
    const { content: _sent, headers: _sentHeaders, ...wanted } = input
    if (name !== 'deliverables.submit') expect(received).toEqual(wanted)
    const { content: _bytes, sha256: _sha256, ...done } = Object(await outcomeOf(call?.done ?? Promise.resolve()))
    expect(answered).toMatchObject(done)
    expect(answered).not.toHaveProperty('code', 'invalid_input')
  })
})

describe('a client', () => {
  it('has the types of the SDK, and lists that go through all of their pages', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const client = clientOf(engine)
    const titles: string[] = []
    for await (const task of client.tasks.listAll({ companyId, limit: 2 })) {
      expectTypeOf(task).toEqualTypeOf<Task>()
      titles.push(task.title)
    }
    const whole = await engine.tasks.list({ companyId, limit: 100 })
    expect(titles.toSorted()).toEqual(whole.items.map(({ title }) => title).toSorted())
    expect(titles).toHaveLength(4)
    expectTypeOf(client.tasks.list).returns.resolves.toEqualTypeOf<{ items: Task[]; nextCursor: string | null }>()
    expectTypeOf(client.tasks).not.toHaveProperty('markOverdue')
    expectTypeOf(client.tasks).not.toHaveProperty('getAll')
  })

  it('filters by several values, and by true and false', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const ask = { companyId, status: ['in_review', 'in_progress'], isOverdue: false } as const
    expect(await clientOf(engine).tasks.list({ ...ask, status: [...ask.status] })).toEqual(
      await engine.tasks.list({ ...ask, status: [...ask.status] }),
    )
  })

  it('fails as the SDK does, with the id under which the server has it in its log', async () => {
    const { engine } = await createWorld()
    const { taskId, otherAgentId } = await createCompany(engine, 'Acme')
    const here = await errorOf(engine.tasks.checkout({ taskId, agentId: otherAgentId }))
    const there: unknown = await clientOf(engine)
      .tasks.checkout({ taskId, agentId: otherAgentId })
      .catch((error: unknown) => error)
    expect(there).toBeInstanceOf(EngineError)
    expect(CoreError.isInstance(there) && EngineError.isInstance(there)).toBe(true)
    expect(there).toMatchObject({ code: here.code, kind: here.kind, message: here.message, status: 409, requestId: expect.any(String) })
    expect(Object.keys(Object(there).details)).toEqual(expect.arrayContaining(Object.keys(here.details)))
  })

  it('calls with its key, and with the credential of a run for that run', async () => {
    const { engine } = await createWorld()
    const company = await furnishCompany(engine, 'Acme')
    const agent = clientOf(engine, localOperator, { key: company.agentKey })
    expect((await agent.agents.me()).agent.id).toBe(company.otherAgentId)
    const held = await agent.tasks.checkout({ taskId: company.openTaskId })
    const run = clientOf(engine, localOperator, { key: held.credential ?? '' })
    expect(await run.tasks.complete({ taskId: company.openTaskId })).toMatchObject({ status: 'done' })
    const nobody = clientOf(engine, localOperator, { key: 'eng_user_nobody' })
    expect(await errorOf(nobody.companies.list())).toMatchObject({ code: 'unauthenticated', kind: 'unauthenticated' })
  })

  it('sends a file as its bytes and gives it back as a stream', async () => {
    const { engine } = await createWorld()
    const { taskId } = await createCompany(engine, 'Acme')
    const client = clientOf(engine)
    const content = crypto.getRandomValues(new Uint8Array(60_000))
    const bytes = await client.attachments.upload({ taskId, name: 'ü "1".bin', content })
    const blob = await client.attachments.upload({ taskId, name: 'a.txt', content: new Blob(['hello'], { type: 'text/plain' }) })
    expect([bytes.byteSize, blob.contentType]).toEqual([60_000, 'text/plain'])
    const file = await client.attachments.content({ attachmentId: bytes.id })
    expect(file).toMatchObject({ name: 'ü "1".bin', byteSize: 60_000, contentType: 'application/octet-stream' })
    expect(new Uint8Array(await buffer(file.content))).toEqual(content)
  })

  it.each(['', '.', '..'])('sends nothing for a reference that would lead to another route: "%s"', async (taskId) => {
    const client = createClient({ url, fetch: () => Promise.reject(new Error('was sent')) })
    expect(await errorOf(client.tasks.delete({ taskId }))).toMatchObject({ code: 'invalid_input' })
  })

  it('finds its server below the path where an app has it mounted', async () => {
    const paths: string[] = []
    const fetch = async (request: Request) => {
      paths.push(new URL(request.url).pathname)
      return Response.json({ items: [], nextCursor: null })
    }
    for (const given of ['http://localhost/engine', 'http://localhost/engine/']) await createClient({ url: given, fetch }).companies.list()
    expect(paths).toEqual(['/engine/api/companies', '/engine/api/companies'])
  })

  it.each(['', 'nonsense', '127.0.0.1:4400', 'localhost:4400', 'ftp://127.0.0.1'])('is not made for "%s", which is no address', (url) => {
    expect(() => createClient({ url })).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(`not "${url}"`) }),
    )
  })

  it('loads nothing but itself, so that a browser does not carry the engine', () => {
    const index = new URL('../packages/client/src/index.ts', import.meta.url).href
    const script = `import { registerHooks } from 'node:module'
      const urls = []
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
      await import(${JSON.stringify(index)})
      console.log(JSON.stringify(urls))`
    const args = ['--conditions=engine-source', '--input-type=module', '-e', script]
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: fileURLToPath(new URL('.', import.meta.url)) })
    const loaded: string[] = JSON.parse(stdout)
    expect(loaded.length).toBeGreaterThan(5)
    expect(loaded.filter((each) => !each.includes('/packages/client/src/'))).toEqual([])
  })
})

/** A server that answers as told, one answer a try, and then well. */
function scripted(answers: (Response | Error)[]) {
  const keys: (string | null)[] = []
  const fetch = async (request: Request): Promise<Response> => {
    keys.push(request.headers.get('idempotency-key'))
    const next = answers.shift()
    if (next instanceof Error) throw next
    return next ?? Response.json({ items: [], nextCursor: null })
  }
  return { keys, client: createClient({ url, fetch, retry: { baseMs: 1 } }) }
}

const cutOff = () => new TypeError('fetch failed', { cause: new Error('read ECONNRESET') })
const busy = (status: number, seconds = '0') => new Response('{}', { status, headers: { 'retry-after': seconds } })
const companyId = '01890000-0000-7000-8000-000000000000'

describe('when the network or the server fails', () => {
  it('a read is made again', async () => {
    const { client, keys } = scripted([cutOff(), busy(503), busy(429)])
    expect(await client.companies.list()).toEqual({ items: [], nextCursor: null })
    expect(keys).toEqual([null, null, null, null])
  })

  it('a command by POST is made again with the one key of the call', async () => {
    const { client, keys } = scripted([cutOff(), busy(502)])
    await client.companies.create({ name: 'Acme' })
    expect(new Set(keys).size).toBe(1)
    expect(keys).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^[\da-f-]{36}$/)))
    const own = scripted([cutOff()])
    await own.client.companies.create({ name: 'Acme' }, { idempotencyKey: 'mine' })
    expect(own.keys).toEqual(['mine', 'mine'])
  })

  it('nothing else is made again: a lost answer may hide its effect, and the failure says so', async () => {
    for (const ask of [
      (client: Client) => client.companies.update({ companyId, name: 'A' }),
      (client: Client) => client.labels.delete({ labelId: companyId }),
      (client: Client) => client.nodes.lease({ limit: 1 }),
    ]) {
      const { client, keys } = scripted([cutOff()])
      expect(await errorOf(ask(client))).toMatchObject({ code: 'outcome_unknown', details: { idempotencyKey: null } })
      expect(keys).toEqual([null])
    }
  })

  it('a server that stays away is told of after the last try, with what repeats the command safely', async () => {
    const reading = scripted([cutOff(), cutOff(), cutOff(), cutOff()])
    const read = await errorOf(reading.client.companies.list())
    expect([read.code, read.message]).toEqual(['unavailable', expect.stringMatching(/asked 4 times: fetch failed \(read ECONNRESET\)/)])
    const writing = scripted([cutOff(), cutOff(), cutOff(), cutOff()])
    const write = await errorOf(writing.client.companies.create({ name: 'Acme' }))
    expect(write).toMatchObject({ code: 'outcome_unknown', kind: 'unavailable', details: { idempotencyKey: writing.keys[0] } })
  })

  it('what the server says about the call itself is not asked twice, nor one that wants to be left alone for long', async () => {
    for (const [status, kind] of [
      [400, 'invalid'],
      [409, 'conflict'],
      [500, 'internal'],
    ] as const) {
      const { client, keys } = scripted([new Response('<h1>no</h1>', { status })])
      expect(await errorOf(client.companies.list())).toMatchObject({ code: 'unexpected_answer', kind })
      expect(keys).toHaveLength(1)
    }
    const { client, keys } = scripted([busy(503, '3600')])
    expect(await errorOf(client.companies.list())).toMatchObject({ kind: 'unavailable', details: { retryAfterMs: 3_600_000 } })
    expect(keys).toHaveLength(1)
  })

  it('something that is no Engine is told from one', async () => {
    const { client } = scripted([new Response('<h1>Welcome</h1>')])
    expect(await errorOf(client.companies.list())).toMatchObject({
      code: 'unexpected_answer',
      message: expect.stringContaining('is it the address'),
    })
  })

  it('a call ends with its signal, for its reason, and a try with its timeout', async () => {
    const hanging = (request: Request) =>
      new Promise<Response>((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true }))
    const client = createClient({ url, fetch: hanging, retry: { baseMs: 1, tries: 2 } })
    const stop = new AbortController()
    const call = client.companies.list({}, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await expect(client.companies.list({}, { signal: stop.signal })).rejects.toThrow('enough')
    expect((await errorOf(client.companies.list({}, { timeoutMs: 5 }))).message).toContain('asked 2 times: no answer within 5 ms')
  })
})

describe('over a network that cuts connections', () => {
  async function overProxy() {
    const { engine } = await createWorld()
    const server = await serveWorld(engine)
    const proxy = await createFaultProxy(`127.0.0.1:${server.port}`)
    onTestFinished(() => proxy.close())
    return { engine, proxy, client: createClient({ url: proxy.urlFor(server.url), retry: { baseMs: 1, tries: 10 } }) }
  }

  it.each([0, 1, 200, 700])('a command whose answer is lost after %i bytes has its effect once', async (bytes) => {
    const { engine, proxy, client } = await overProxy()
    proxy.resetAfter(bytes, 'toClient')
    const company = await client.companies.create({ name: 'Acme' })
    expect((await engine.companies.list()).items.map(({ id }) => id)).toEqual([company.id])
  })

  it('an upload is sent again, whole', async () => {
    const { engine, proxy, client } = await overProxy()
    const { taskId } = await createCompany(engine, 'Acme')
    proxy.resetAfter(40_000, 'toServer')
    const content = new Uint8Array(90_000).fill(7)
    const { id, byteSize } = await client.attachments.upload({ taskId, name: 'a.bin', content })
    expect(byteSize).toBe(90_000)
    expect((await engine.attachments.list({ taskId })).items.map((each) => each.id)).toEqual([id])
  })

  it('a stream says when the server is listened to, and when it is not', async () => {
    const { engine, proxy, client } = await overProxy()
    const { companyId: mine } = await createCompany(engine, 'Acme')
    const states: string[] = []
    for await (const event of client.events.stream({ companyId: mine }, { onState: (state) => states.push(state) })) {
      if (states.includes('away') && states.at(-1) === 'open') break
      if (event.seq > 3 && states.length === 1) proxy.resetAfter(1, 'toClient')
      await engine.goals.create({ companyId: mine, title: 'On' })
    }
    // A connection that is cut before it was answered was never open.
    expect([states[0], states[1], states.at(-1)]).toEqual(['open', 'away', 'open'])
  })

  it('a stream gives each event once, in order, however often it is cut', async () => {
    const { engine, proxy, client } = await overProxy()
    const { companyId: mine } = await createCompany(engine, 'Acme')
    const seqs: number[] = []
    const last = 'The last one'
    for await (const event of client.events.stream({ companyId: mine })) {
      seqs.push(event.seq)
      if (seqs.length % 5 === 0 && seqs.length <= 40) {
        proxy.resetAfter(300, 'toClient')
        for (let made = 0; made < 4; made += 1) await engine.goals.create({ companyId: mine, title: `Goal ${made}` })
        if (seqs.length === 40) await engine.goals.create({ companyId: mine, title: last })
      }
      if (JSON.stringify(event).includes(last)) break
    }
    const all: number[] = []
    for await (const event of client.events.listAll({ companyId: mine, limit: 7 })) all.push(event.seq)
    expect(seqs).toEqual(all)
  })
})

/** The address of a server that answers by a function, which is told how often it was asked. */
async function serveBy(answer: (response: ServerResponse, count: number) => void): Promise<string> {
  let count = 0
  const server = createServer((_, response) => answer(response, (count += 1)))
  onTestFinished(() => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  // A server that listens on an IP address has an AddressInfo.
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

describe('an answer that stops in the middle', () => {
  it('is given up in its time, also when memory was cleared up meanwhile', async () => {
    const url = await serveBy((response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":'))
    const client = createClient({ url, timeoutMs: 500, retry: { tries: 1 } })
    const answer = errorOf(client.companies.list())
    const clearing = setInterval(collectGarbage, 50)
    onTestFinished(() => clearInterval(clearing))
    expect(await answer).toMatchObject({ code: 'unavailable' })
  }, 10_000)

  it('is read as text where a fetch shows no bytes', async () => {
    const answer = { ok: true, status: 200, url: '', headers: new Headers(), text: async () => '{"items":[],"nextCursor":null}' }
    const client = createClient({ url: 'http://engine.invalid', fetch: async () => answer as unknown as Response })
    expect(await client.companies.list()).toEqual({ items: [], nextCursor: null })
  })

  it('is given up in its time whether or not the fetch that got it knows of that', async () => {
    const fetch = async () => new Response(new ReadableStream({ start: (answer) => answer.enqueue(Buffer.from('{"items":')) }))
    const client = createClient({ url: 'http://engine.invalid', fetch, timeoutMs: 20, retry: { tries: 1 } })
    expect(await errorOf(client.companies.list())).toMatchObject({ code: 'unavailable' })
  }, 10_000)
})

describe('a live stream', () => {
  it('begins with what is to come when it is asked to, and ends with its signal', async () => {
    const { engine } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const { url: at } = await serveWorld(engine)
    const client = createClient({ url: at })
    const stop = new AbortController()
    const events = client.events.stream({ companyId: company.companyId, after: 'latest' }, { signal: stop.signal })[Symbol.asyncIterator]()
    const first = events.next()
    // Whenever it begins to listen: the newest of before is no event of after.
    await engine.goals.create({ companyId: company.companyId, title: 'New' })
    const making = setInterval(() => void engine.goals.create({ companyId: company.companyId, title: 'New' }), 100)
    expect((await first).value).toMatchObject({ type: 'goal.created', data: expect.objectContaining({ title: 'New' }) })
    clearInterval(making)
    stop.abort()
    while (!(await events.next()).done);
  })

  it('ends with its signal also when memory was cleared up since it began', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const { url: at } = await serveWorld(engine)
    const stop = new AbortController()
    const isOpen = Promise.withResolvers<void>()
    const onState = () => isOpen.resolve()
    const events = createClient({ url: at }).events.stream({ companyId, after: 'latest' }, { signal: stop.signal, onState })
    const next = events[Symbol.asyncIterator]().next()
    await isOpen.promise
    for (let round = 0; round < 3; round += 1) {
      collectGarbage()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    stop.abort()
    expect(await next).toEqual({ value: undefined, done: true })
  }, 10_000)

  it('gives nothing but events to a client that reads too slowly to be served on, and goes on behind the last one', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    for (let round = 0; round < 300; round += 1) await engine.tasks.progress({ taskId, percent: 1, details: { text: 'x'.repeat(60_000) } })
    const server = await serve({ engine, port: 0, streamPatienceMs: 50 })
    onTestFinished(() => server.close())
    const end = (await engine.events.company({ companyId, limit: 1 })).items[0]?.seq
    const states: string[] = []
    const onState = (state: string) => states.push(state)
    const seqs: (number | undefined)[] = []
    for await (const event of createClient({ url: server.url }).events.stream({ companyId }, { onState })) {
      // Longer than the server waits, and shorter than it lets an unread farewell lie.
      if (seqs.length === 0) await new Promise((resolve) => setTimeout(resolve, 400))
      seqs.push(event.seq)
      if (event.seq === end) break
    }
    expect(states).toContain('away')
    expect(seqs).toEqual(Array.from(seqs, (_, index) => Number(seqs[0]) + index))
  })

  it('of a company in which nothing happens goes on however often it is cut', async () => {
    const url = await serveBy((response, count) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 2000\nid: 7\n\n')
      if (count === 40) response.write('id: 8\nevent: goal.created\ndata: {"seq":8}\n\n')
      // By a server or a proxy, in order or not.
      else if (count % 2 === 0) response.end()
      else response.write(': still here\n\n', () => response.destroy())
    })
    const client = createClient({ url, retry: { baseMs: 1, capMs: 1 } })
    for await (const { seq } of client.events.stream({ companyId: 'any', after: 7 })) {
      expect(seq).toBe(8)
      break
    }
  })

  it('that ends each time before it has begun is given up, as one that nobody answers', async () => {
    const asked = vi.fn()
    const url = await serveBy((response, count) => {
      asked()
      response.writeHead(count > 60 ? 403 : 200, { 'content-type': 'text/event-stream' }).end('retry: 2000\n\n')
    })
    const client = createClient({ url, retry: { baseMs: 1, capMs: 1 } })
    const ended = errorOf(client.events.stream({ companyId: 'any' })[Symbol.asyncIterator]().next())
    expect(await ended).toMatchObject({ code: 'unavailable' })
    expect(asked).toHaveBeenCalledTimes(30)
  })

  it('ends with its signal also when that comes as it is told of, and its fetch heeds none', async () => {
    const url = await serveBy((response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 7\n\n'))
    const client = createClient({ url, fetch: ({ url: asked, headers }) => fetch(asked, { headers }) })
    const stop = new AbortController()
    const events = client.events.stream({ companyId: 'any' }, { signal: stop.signal, onState: () => stop.abort() })
    expect(await events[Symbol.asyncIterator]().next()).toEqual({ value: undefined, done: true })
  }, 10_000)

  it('of the log of a run ends when the run is over', async () => {
    const { engine } = await createWorld()
    const { runId, credential } = await createCompany(engine, 'Acme')
    const { url: at } = await serveWorld(engine)
    const run = createClient({ url: at, key: credential })
    await run.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'one\n' }] })
    const texts: string[] = []
    for await (const { text } of createClient({ url: at }).runs.followLog({ runId })) {
      texts.push(text)
      if (texts.length > 1) continue
      await run.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'two\n' }] })
      await run.runs.report({ runId, outcome: { kind: 'done' } })
    }
    expect(texts.join('')).toContain('one\ntwo\n')
  })

  it('says why when its listener may not listen', async () => {
    const { engine } = await createWorld()
    const { companyId: mine } = await createCompany(engine, 'Acme')
    const { url: at } = await serveWorld(engine)
    const events = createClient({ url: at, key: 'eng_user_nobody' }).events.stream({ companyId: mine })
    expect(await errorOf(events[Symbol.asyncIterator]().next())).toMatchObject({ code: 'unauthenticated' })
  })
})
