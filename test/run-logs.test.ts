import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'

import { createEngine, localSecrets, type Engine } from '@engine/core'
import { ADAPTER_SPEC, type AdapterTurn, type AgentAdapter } from '@engine/core/plugin'
import { watched } from '@engine/testing'

import { serveWorld } from './http-fixtures.ts'
import { createWorld, errorOf, until } from './support/engine.ts'
import { openStream } from './support/event-streams.ts'
import { newStorage } from './support/storages.ts'

type Log = Awaited<ReturnType<Engine['runs']['log']>>

const textOf = ({ items }: Pick<Log, 'items'>) => items.map(({ text }) => text).join('')

async function wholeLog(engine: Engine, runId: string): Promise<Log> {
  const items: Log['items'] = []
  for (;;) {
    const page = await engine.runs.log({ runId, after: items.at(-1)?.sequence ?? 0, limit: 100 })
    items.push(...page.items)
    if (page.items.length < 100) return { items, isComplete: page.isComplete }
  }
}

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  /** A task that an agent has checked out by hand, served over HTTP; nothing else runs. */
  async function open(options: { runLogBytes?: number } = {}) {
    const settings = { pollMs: 20, ...options }
    const world = await createWorld({ storage: await newStorage(database), agentMode: 'manual', settings })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Speak' })
    const { run, credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
    const own = engine.as({ kind: 'run', id: run.id, companyId, agentId, taskId: task.id, fence: run.fence ?? 0 })
    const { url, call } = await serveWorld(engine)
    const say = (...texts: string[]) =>
      own.runs.appendLog({ runId: run.id, entries: texts.map((text) => ({ stream: 'stdout' as const, text })) })
    return { ...world, task, runId: run.id, credential: credential ?? '', own, url, call, say, path: `${url}/api/runs/${run.id}/log` }
  }

  it('a log is followed from its beginning while it grows, and its end ends the stream', async () => {
    const { path, say, own, runId } = await open()
    await say('one', 'two')
    const stream = await openStream(path)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const seen = await stream.take(2)
    await say('three')
    seen.push(...(await stream.take(1)))
    expect(seen.map(({ id, event, data }) => [id, event, JSON.parse(data).text])).toEqual([
      ['1', 'log', 'one'],
      ['2', 'log', 'two'],
      ['3', 'log', 'three'],
    ])
    await say('last')
    await own.runs.report({ runId, outcome: { kind: 'done' } })
    expect((await stream.rest()).map(({ id, event }) => [id, event])).toEqual([
      ['4', 'log'],
      ['', 'end'],
    ])
  })

  it.each(['last-event-id', 'after'])('a log is resumed by %s at every position, with nothing missing and nothing twice', async (name) => {
    const { path, say, own, runId } = await open()
    // More than a stream takes at once.
    for (let number = 0; number < 20; number += 1) await say(`${number} `, `${number}. `)
    await own.runs.report({ runId, outcome: { kind: 'done' } })
    const all = Array.from({ length: 40 }, (_, index) => String(index + 1))
    for (const after of [0, 1, 15, 16, 17, 39, 40]) {
      const stream = await (name === 'after' ? openStream(`${path}?after=${after}`) : openStream(path, { 'last-event-id': String(after) }))
      expect((await stream.rest()).map(({ id }) => id)).toEqual([...all.slice(after), ''])
    }
  })

  it('a list of a log says whether anything comes after it', async () => {
    const { engine, say, own, runId } = await open()
    await say('one', 'two')
    expect(await engine.runs.log({ runId })).toMatchObject({ items: [{ text: 'one' }, { text: 'two' }], isComplete: false })
    await own.runs.report({ runId, outcome: { kind: 'done' } })
    expect(await engine.runs.log({ runId, limit: 2 })).toMatchObject({ isComplete: false })
    expect(await engine.runs.log({ runId, after: 2 })).toEqual({ items: [], isComplete: true })
    expect(await errorOf(own.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'late' }] }))).toMatchObject({
      code: 'lease_lost',
    })
  })

  it('of a log that is too long the beginning and the end are kept, and what is missing is said to the byte', async () => {
    const { engine, say, runId } = await open({ runLogBytes: 4_096 })
    let said = ''
    for (let number = 0; number < 400; number += 1) {
      const text = `line ${String(number).padStart(4, '0')} ü\n`
      said += text
      const { isFull } = await say(text)
      expect(isFull).toBe(Buffer.byteLength(said) > 4_096)
    }
    const log = await wholeLog(engine, runId)
    const bytes = Buffer.byteLength(textOf(log))
    expect(bytes).toBeLessThanOrEqual(4_096)
    expect(bytes).toBeGreaterThan(3_000)
    const gaps = log.items.filter(({ droppedBytes }) => droppedBytes > 0)
    expect(gaps).toHaveLength(1)
    const cut = log.items.findIndex(({ droppedBytes }) => droppedBytes > 0)
    const [head, tail] = [textOf({ items: log.items.slice(0, cut) }), textOf({ items: log.items.slice(cut) })]
    expect(said.startsWith(head)).toBe(true)
    expect(said.endsWith(tail)).toBe(true)
    expect(head.length).toBeGreaterThan(1_500)
    expect(gaps[0]?.droppedBytes).toBe(Buffer.byteLength(said) - bytes)
  })

  it('a text that is much too long at once is kept by the same rule, in chunks of whole characters', async () => {
    const { engine, say, runId } = await open({ runLogBytes: 4_096 })
    const text = `begin ${'🦆'.repeat(100_000)} end`
    await say(text)
    const log = await wholeLog(engine, runId)
    expect(Buffer.byteLength(textOf(log))).toBeLessThanOrEqual(4_096)
    expect(textOf(log)).toMatch(/^begin 🦆+ end$/u)
    const dropped = log.items.reduce((sum, chunk) => sum + chunk.droppedBytes, 0)
    expect(dropped).toBe(Buffer.byteLength(text) - Buffer.byteLength(textOf(log)))
  })

  it('a caller has fifty streams and no more, and again when one is closed', async () => {
    const { path, task, url, engine, credential, companyId } = await open()
    const streams = await Promise.all(Array.from({ length: 50 }, () => openStream(path)))
    expect(streams.map(({ response }) => response.status)).toEqual(Array(50).fill(200))
    const refused = await openStream(path)
    expect(refused.response.status).toBe(429)
    expect(Number(refused.response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused.response.json()).toMatchObject({ code: 'rate_limited', most: 50 })
    expect((await openStream(`${url}/api/companies/${companyId}/events`)).response.status).toBe(429)
    // Another caller has its own.
    expect((await openStream(path, { authorization: `Bearer ${credential}` })).response.status).toBe(200)
    streams[0]?.leave()
    await until(
      async () => (await openStream(path)).response.status,
      (status) => status === 200,
    )
    await engine.tasks.cancel({ taskId: task.id })
  })

  it('a stream of a log is refused to strangers, by plain answers', async () => {
    const { path, url } = await open()
    const get = async (at: string, headers = {}) => (await openStream(at, headers)).response
    expect((await get(path, { authorization: 'Bearer eng_agent_nobody' })).status).toBe(401)
    expect((await get(`${url}/api/runs/01890000-0000-7000-8000-000000000000/log`)).status).toBe(404)
    for (const position of ['-1', 'latest', '1.5']) expect((await get(`${path}?after=${position}`)).status).toBe(400)
  })
})

it('a log is read no further than its reader reads', async () => {
  const world = await createWorld({ agentMode: 'manual', settings: { runLogBytes: 2 ** 27 } })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId, agentId } = world
  const task = await engine.tasks.create({ companyId, title: 'Speak' })
  const { run } = await engine.tasks.checkout({ taskId: task.id, agentId })
  const own = engine.as({ kind: 'run', id: run.id, companyId, agentId, taskId: task.id, fence: run.fence ?? 0 })
  const text = 'x'.repeat(1_000_000)
  for (let megabytes = 0; megabytes < 64; megabytes += 1) await own.runs.appendLog({ runId: run.id, entries: [{ stream: 'stdout', text }] })
  let read = 0
  const { followLog } = engine
  vi.spyOn(engine, 'followLog').mockImplementation(async function* (options) {
    for await (const chunks of followLog(options)) {
      read += chunks.reduce((sum, chunk) => sum + chunk.text.length, 0)
      yield chunks
    }
  })
  const { port } = await serveWorld(engine)
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.once('data', () => socket.pause())
  socket.write(`GET /api/runs/${run.id}/log HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`)
  let before = -1
  // Until nothing more is read: the buffers between the two are full.
  await until(
    async () => [before, (before = read)],
    ([last = -1, now = 0]) => now > 0 && last === now,
  )
  expect(read).toBeLessThan(32_000_000)
})

describe('the secrets of a run', () => {
  const value = 'hunter2-hunter3-ünd "more"'

  async function open() {
    const turn = Promise.withResolvers<AdapterTurn>()
    const over = Promise.withResolvers<void>()
    const adapter: AgentAdapter = {
      spec: ADAPTER_SPEC,
      type: 'own',
      title: 'Ends when the test says so',
      configSchema: z.strictObject({ token: z.string() }),
      metering: 'final',
      overshoot: '0: it spends nothing.',
      start: async () => ({
        run: async (given) => {
          turn.resolve(given)
          await over.promise
          return { kind: 'done' }
        },
      }),
    }
    const secrets = localSecrets({ key: randomBytes(32) })
    const storage = watched(await newStorage('sqlite'))
    const engine = await createEngine({ storage, adapters: [adapter], secrets, settings: { pollMs: 20 } })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    await engine.secrets.create({ companyId, name: 'TOKEN', value })
    const adapterConfig = { token: { secret: 'TOKEN' } }
    const { id: agentId } = await engine.agents.create({ companyId, name: 'Ada', role: 'x', adapterType: 'own', adapterConfig })
    await engine.tasks.create({ companyId, title: 'Speak', assigneeAgentId: agentId })
    await engine.start()
    const { context } = await turn.promise
    const actor = { kind: 'run', id: context.run.id, companyId, agentId, taskId: context.task.id, fence: context.run.fence } as const
    const end = async () => {
      over.resolve()
      return until(
        () => wholeLog(engine, actor.id),
        (log) => log.isComplete,
      )
    }
    return { engine, own: engine.as(actor), runId: actor.id, storage, end }
  }

  const forms = [value, JSON.stringify(value), encodeURIComponent(value), Buffer.from(value).toString('base64')]

  it('are blotted out of what it logs by its own calls, wherever a call ends and the next begins', async () => {
    const { own, runId, storage, end } = await open()
    const piece = fc.oneof(fc.constantFrom(...forms, value.slice(0, 9), value.slice(4)), fc.string({ maxLength: 5 }))
    const samples = fc.sample(fc.tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(200), { maxLength: 6 })), 150)
    for (const [parts, cuts] of samples) {
      const text = `${parts.join('').replaceAll('\0', '').toWellFormed()}\n`
      const ends = [...new Set(cuts.map((cut) => cut % text.length)), text.length].toSorted((left, right) => left - right)
      for (const [index, to] of ends.entries()) {
        const said = text.slice(ends[index - 1] ?? 0, to)
        if (said !== '' && said.isWellFormed()) await own.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: said }] })
      }
    }
    const log = textOf(await end())
    expect(log).toContain('[secret TOKEN]')
    for (const form of forms) expect(log).not.toContain(form)
    expect(await storage.watch.dump()).not.toContain(value)
  })

  it('are held back until it is certain that they are none, and what was held comes with the end', async () => {
    const { own, runId, end, engine } = await open()
    const say = (text: string) => own.runs.appendLog({ runId, entries: [{ stream: 'stderr', text }] })
    await say('a hunter2')
    expect(textOf(await wholeLog(engine, runId))).toBe('a ')
    await say('x and hunter')
    expect(textOf(await wholeLog(engine, runId))).toBe('a hunter2x and ')
    expect(textOf(await end())).toBe('a hunter2x and hunter')
  })

  it('are blotted out also when a call in the middle of one fails and is made again', async () => {
    const { own, runId, end } = await open()
    const say = (text: string, id = runId) => own.runs.appendLog({ runId: id, entries: [{ stream: 'stdout', text }] })
    await say(`a ${value.slice(0, 9)}`)
    await errorOf(say(value.slice(9), '01890000-0000-7000-8000-000000000000'))
    await say(`${value.slice(9)} b`)
    expect(textOf(await end())).toBe('a [secret TOKEN] b')
  })
})
