import { connect } from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { Engine } from '@engine/core'
import { createHandler, localOperator, webHandler } from '@engine/http'

import { callHandler, createCompany, createWorld, serveWorld } from './http-fixtures.ts'
import { openStream, Stream, type Frame } from './support/event-streams.ts'

async function open(url: string, companyId: string, given: { query?: string; headers?: Record<string, string> } = {}): Promise<Stream> {
  return openStream(`${url}/api/companies/${companyId}/events${given.query ?? ''}`, given.headers)
}

const idsOf = (frames: readonly Frame[]) => frames.map((frame) => Number(frame.id))

async function comment(engine: Engine, taskId: string, count = 1): Promise<void> {
  for (let number = 0; number < count; number += 1) await engine.comments.create({ taskId, body: `Comment ${number}` })
}

async function allSeqs(engine: Engine, companyId: string): Promise<number[]> {
  const seqs: number[] = []
  for (let after = 0; ; after = seqs.at(-1) ?? 0) {
    const { items } = await engine.events.list({ companyId, after, limit: 100 })
    if (items.length === 0) return seqs
    seqs.push(...items.map((event) => event.seq))
  }
}

describe('an event stream', () => {
  it('begins with the past, goes on live, and is what the list says', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const { url } = await serveWorld(engine)
    const past = await allSeqs(engine, companyId)
    const stream = await open(url, companyId)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response.headers.get('cache-control')).toBe('no-store')
    expect(idsOf(await stream.take(past.length))).toEqual(past)
    await comment(engine, taskId)
    const [live] = await stream.take(1)
    const [listed] = (await engine.events.list({ companyId, after: past.at(-1) })).items
    expect(live?.event).toBe('comment.created')
    expect(JSON.parse(live?.data ?? '')).toEqual(listed)
  })

  it.each(['last-event-id', 'after'])('resumes by %s after every single position, with no event missing and none twice', async (name) => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    await createCompany(engine, 'Beta')
    await comment(engine, taskId, 3)
    const { url } = await serveWorld(engine)
    const all = await allSeqs(engine, companyId)
    for (const [index, seq] of [0, ...all.slice(0, -1)].entries()) {
      const stream = await open(
        url,
        companyId,
        name === 'after' ? { query: `?after=${seq}` } : { headers: { 'last-event-id': String(seq) } },
      )
      expect(idsOf(await stream.take(all.length - index))).toEqual(all.slice(index))
      stream.leave()
    }
  })

  it('loses nothing over reconnections while others write, past the size of a batch', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const { url } = await serveWorld(engine)
    const total = (await allSeqs(engine, companyId)).length + 250
    const writing = comment(engine, taskId, 250)
    const seen: number[] = []
    for (let round = 1; seen.length < total; round += 1) {
      const stream = await open(url, companyId, { headers: { 'last-event-id': String(seen.at(-1) ?? 0) } })
      seen.push(...idsOf(await stream.take(Math.min(round * 7, total - seen.length))))
      stream.leave()
    }
    await writing
    expect(seen).toEqual(await allSeqs(engine, companyId))
  })

  it('skips the past for after=latest, and a last id goes before it', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const { url } = await serveWorld(engine)
    const past = await allSeqs(engine, companyId)
    const live = await open(url, companyId, { query: '?after=latest' })
    await comment(engine, taskId, 2)
    expect(idsOf(await live.take(2))).toEqual((await allSeqs(engine, companyId)).slice(past.length))
    const back = await open(url, companyId, { query: '?after=latest', headers: { 'last-event-id': '1' } })
    expect(idsOf(await back.take(past.length - 1))).toEqual(past.slice(1))
  })

  it.each([
    ['the past', '1', 1],
    ['what is to come', 'latest', null],
    ['its end, for a position that the log does not reach since it was restored', '9007199254740991', null],
  ])('says where it begins, before its first frame: %s', async (_, lastId, place) => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const { url } = await serveWorld(engine)
    const begin = place ?? (await allSeqs(engine, companyId)).at(-1)
    const given = { headers: { 'last-event-id': lastId } }
    const silent = await open(url, companyId, given)
    expect(await silent.firstBlock()).toBe(`retry: 2000\nid: ${begin}`)
    const stream = await open(url, companyId, given)
    await comment(engine, taskId)
    expect(idsOf(await stream.take(1))).toEqual([(await engine.events.list({ companyId, after: begin })).items[0]?.seq])
  })

  it('answers after=latest when it is known where that is, so that nothing after the answer is missed', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const slow: Pick<Engine, 'stream'> = {
      // As an engine whose database takes its time to say what the newest event is.
      stream: (options) => {
        async function* late() {
          await new Promise((resolve) => setTimeout(resolve, 100))
          yield* engine.stream(options)
        }
        return late()
      },
    }
    const { url } = await serveWorld(new Proxy(engine, { get: (target, name) => Reflect.get(name === 'stream' ? slow : target, name) }))
    const live = await open(url, companyId, { query: '?after=latest' })
    const before = (await allSeqs(engine, companyId)).length
    await comment(engine, taskId, 2)
    expect(idsOf(await live.take(2))).toEqual((await allSeqs(engine, companyId)).slice(before))
  })

  it('carries only the events of its company', async () => {
    const { engine } = await createWorld()
    const acme = await createCompany(engine, 'Acme')
    const beta = await createCompany(engine, 'Beta')
    const { url } = await serveWorld(engine)
    const stream = await open(url, acme.companyId, { query: '?after=latest' })
    for (let round = 0; round < 5; round += 1) {
      await comment(engine, beta.taskId)
      await comment(engine, acme.taskId)
    }
    const companies = (await stream.take(5)).map((frame) => JSON.parse(frame.data).companyId)
    expect(new Set(companies)).toEqual(new Set([acme.companyId]))
  })

  it.each(['-1', '1.5', 'x', '1e3', ' ', '9007199254740993', '0x10', 'LATEST'])(
    'refuses the position "%s" with a plain answer',
    async (position) => {
      const { engine } = await createWorld()
      const { companyId } = await createCompany(engine, 'Acme')
      const { url } = await serveWorld(engine)
      const answers = [await open(url, companyId, { query: `?after=${encodeURIComponent(position)}` })]
      if (position.trim() !== '') answers.push(await open(url, companyId, { headers: { 'last-event-id': position } }))
      for (const { response } of answers) {
        expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
      }
    },
  )

  it('is refused to those who may not read the company, as a thing that is not there', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const stranger = callHandler({ engine, localActor: { kind: 'user', id: 'eve', roles: { other: 'owner' } } })
    const headers = { accept: 'text/event-stream' }
    expect((await stranger('GET', `/api/companies/${companyId}/events`, { headers })).status).toBe(404)
    expect((await callHandler({ engine })('GET', `/api/companies/${companyId}/events`, { headers })).status).toBe(401)
    const { url } = await serveWorld(engine)
    for (const id of ['01890000-0000-7000-8000-000000000000', 'x']) {
      const { response } = await open(url, id)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
  })
})

describe('the end of an event stream', () => {
  it('is told to every client when the server closes, and the server does not wait for them', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const { url, close } = await serveWorld(engine)
    const streams = await Promise.all([open(url, companyId), open(url, companyId, { query: '?after=latest' })])
    const ends = Promise.all(streams.map((stream) => stream.rest()))
    await Promise.all([close(), close()])
    await close()
    for (const frames of await ends) expect(frames.at(-1)).toEqual({ id: '', event: 'shutdown', data: '{}' })
    await expect(fetch(`${url}/api/health/live`)).rejects.toThrow()
  })

  it('comes also to a client that reads nothing, when the server closes', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    // More than the buffers between the two sides take.
    for (let round = 0; round < 300; round += 1) await engine.tasks.progress({ taskId, percent: 1, details: { text: 'x'.repeat(60_000) } })
    const { port, close } = await serveWorld(engine)
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => undefined)
    const begun = new Promise<void>((resolve) => {
      socket.once('data', () => {
        socket.pause()
        resolve()
      })
    })
    socket.write(`GET /api/companies/${companyId}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`)
    await begun
    await close()
    socket.resume()
    await closed
  })

  it('frees what listened for a client that went away', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const { url } = await serveWorld(engine)
    const live = countStreams(engine)
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(url, companyId, { query: '?after=latest' })))
    expect(live()).toBe(20)
    await comment(engine, taskId)
    await Promise.all(streams.map((stream) => stream.take(1)))
    for (const stream of streams) stream.leave()
    await vi.waitFor(() => expect(live()).toBe(0), { timeout: 5_000 })
  })

  it('frees what listened for a client of the web handler, at once', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const past = (await allSeqs(engine, companyId)).at(-1)
    const live = countStreams(engine)
    const handle = webHandler(createHandler({ engine, localActor: localOperator }))
    const headers = { accept: 'text/event-stream' }
    const response = await handle(new Request(`http://localhost/api/companies/${companyId}/events?after=${past}`, { headers }))
    const stream = new Stream(response, new AbortController())
    await comment(engine, taskId)
    expect((await stream.take(1)).map((frame) => frame.event)).toEqual(['comment.created'])
    expect(live()).toBe(1)
    const unread = await handle(new Request(`http://localhost/api/companies/${companyId}/events`, { headers }))
    expect(live()).toBe(2)
    await unread.body?.cancel()
    expect(live()).toBe(1)
    await stream.close()
    expect(live()).toBe(0)
  })

  it('frees what listened for a host that never read its answer', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const live = countStreams(engine)
    const gone = new AbortController()
    const answer = await createHandler({ engine, localActor: localOperator })({
      method: 'GET',
      url: new URL(`http://localhost/api/companies/${companyId}/events`),
      header: (name) => (name === 'accept' ? 'text/event-stream' : name === 'host' ? 'localhost' : null),
      body: async () => new Uint8Array(),
      signal: () => gone.signal,
    })
    // Let the first events be fetched for it, so that they wait for a reader.
    await new Promise((resolve) => setImmediate(resolve))
    expect([answer.status, live()]).toEqual([200, 1])
    gone.abort()
    await vi.waitFor(() => expect(live()).toBe(0), { timeout: 5_000 })
  })

  it('needs no beginning for a HEAD request', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const { call } = await serveWorld(engine)
    const stream = vi.spyOn(engine, 'stream')
    const answer = await call('HEAD', `/api/companies/${companyId}/events`, { headers: { accept: 'text/event-stream' } })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(stream).not.toHaveBeenCalled()
  })
})

/** Counts the streams that the engine has open: begun, and not ended. */
function countStreams(engine: Engine): () => number {
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
  return () => open
}
