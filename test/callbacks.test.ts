import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished } from 'vitest'

import { httpAdapter } from '@engine/adapters/http'
import { createEngine, createNode, localSecrets, type Engine, type EngineOptions, type JsonObject } from '@engine/core'
import { createWebhookSecret } from '@engine/deliveries/webhook'
import { sqlite } from '@engine/storage-sqlite'
import { postgres } from '@engine/storage-postgres'

import { dump, errorOf, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { clockAhead } from './support/routines.ts'
import { serveToNodes } from './support/nodes.ts'
import { newDatabase } from './support/storages.ts'
import { callHandler, serveWorld, type Answer } from './http-fixtures.ts'

interface Began {
  readonly runId: string
  readonly callbackUrl: string
}

/** An agent elsewhere, which takes every run and says nothing more by itself. */
async function startAgent(onBegin: (began: Began) => Promise<unknown> = async () => undefined) {
  const began: Began[] = []
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const run = { runId: runIdIn(body), callbackUrl: headerOf(request.headers, 'engine-callback-url') }
      began.push(run)
      await onBegin(run)
      response.writeHead(202).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, began }
}

const headerOf = (headers: IncomingHttpHeaders, name: string) => String(headers[name])
const runIdIn = (body: string) => String(Object(Object(JSON.parse(body)).run).id)

/** Where several engines find the same database. */
async function newPlace(family: string, file: string): Promise<() => EngineOptions['storage']> {
  if (family === 'sqlite') return () => sqlite(file)
  const url = await newDatabase()
  return () => postgres(url)
}

async function open(family: string, { onNode = false } = {}) {
  const file = `${temporaryFolder()}/engine.db`
  const place = await newPlace(family, file)
  const secrets = localSecrets({ key: randomBytes(32) })
  const clock = clockAhead(0)
  const openEngine = async (settings: EngineOptions['settings'] = {}) => {
    const adapters = [httpAdapter({ allow: ['127.0.0.1'] })]
    const engine = await createEngine({
      storage: place(),
      secrets,
      clock,
      adapters,
      settings: { pollMs: 100, stopGraceMs: 50, ...settings },
    })
    onTestFinished(() => engine.stop())
    return engine
  }
  // One executes the runs, the other takes the calls.
  const worker = onNode ? null : await openEngine()
  const engine = await openEngine({ maxConcurrentRuns: 0 })
  const { url } = await serveWorld(engine)
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const key = createWebhookSecret()
  const secret = await engine.secrets.create({ companyId, name: 'CALLBACK_KEY', value: key })
  const hire = async (agentUrl: string, given: { baseUrl?: string; secrets?: JsonObject[] } = {}) => {
    const callback = { baseUrl: given.baseUrl ?? url, secrets: given.secrets ?? [{ secret: 'CALLBACK_KEY' }] }
    const adapterConfig = { url: agentUrl, callback }
    const agent = await engine.agents.create({ companyId, name: 'Far', role: 'writer', adapterType: 'http', adapterConfig })
    return agent.id
  }
  const give = (assigneeAgentId: string) => engine.tasks.create({ companyId, title: 'Write', assigneeAgentId })
  await worker?.start()
  if (onNode) await startNode(engine)
  return { file, engine, clock, companyId, url, key, secretId: secret.id, hire, give, call: callHandler({ engine }) }
}

/** A machine without the database, which executes what is queued. */
async function startNode(engine: Engine): Promise<void> {
  const { ask } = await serveToNodes(engine)
  const { key: nodeKey } = await engine.nodes.createKey({ name: 'North' })
  // Now and then the server does not answer.
  let asked = 0
  const node = createNode({
    server: (request) =>
      request.path.includes('/callbacks/') && (asked += 1) % 2 === 0 ? Promise.reject(new Error('gone')) : ask(request),
    key: nodeKey,
    adapters: [httpAdapter({ allow: ['127.0.0.1'] })],
  })
  await node.start()
  onTestFinished(() => node.stop())
}

interface Saying {
  readonly id?: string
  readonly at?: Date
  readonly key: string
}

/** What the agent sends, signed by the library of Standard Webhooks. */
function signed(body: object | string, { id = 'call-1', at = new Date(), key }: Saying) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(key).sign(id, at, payload),
  }
  return { body: payload, headers }
}

const post = async (url: string, sent: { body: string; headers: Record<string, string> }) => {
  const response = await fetch(url, { method: 'POST', ...sent })
  return { status: response.status, body: (await response.json()) as unknown }
}

async function begun(agent: Awaited<ReturnType<typeof startAgent>>): Promise<Began> {
  const [first] = await until(
    async () => agent.began,
    ({ length }) => length > 0,
    20_000,
  )
  if (!first) throw new Error('no run began')
  return first
}

const endOf = (engine: Engine, runId: string) =>
  until(
    () => engine.runs.get({ runId }),
    ({ finishedAt }) => finishedAt !== null,
    20_000,
  )

/** Without what differs from one answer to the next. */
const told = ({ status, body }: Answer) => [status, { ...Object(body), requestId: '' }]

describe.each(['sqlite', 'postgres'])('an agent behind a URL that calls back, on %s', (family) => {
  it.each([
    ['in whichever process that arrives', { onNode: false }],
    ['which a machine without the database executes', { onNode: true }],
  ])('ends its run by a signed call, %s, and says how it goes before', async (_, where) => {
    const { engine, key, hire, give } = await open(family, where)
    const agent = await startAgent()
    const task = await give(await hire(agent.url))
    const { runId, callbackUrl } = await begun(agent)
    expect(callbackUrl).toMatch(new RegExp(`^http://.*/api/runs/${runId}/callbacks$`))
    const half = signed({ runId, isDone: false, progress: { percent: 50 }, log: 'half\n' }, { id: 'a', key })
    const whole = signed({ runId, deliverable: { title: 'Report', content: '# Report' } }, { id: 'b', key })
    expect(await post(callbackUrl, half)).toEqual({ status: 202, body: { isRepeat: false } })
    await until(
      () => engine.runs.log({ runId }),
      ({ items }) => items.some((entry) => entry.text.includes('half')),
      20_000,
    )
    expect(await engine.runs.get({ runId })).toMatchObject({ status: 'running' })
    expect(await post(callbackUrl, half)).toEqual({ status: 200, body: { isRepeat: true } })
    expect((await post(callbackUrl, whole)).status).toBe(202)
    expect(await endOf(engine, runId)).toMatchObject({ status: 'succeeded', outcome: { kind: 'needs_review' } })
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'in_review' })
    // Who did not hear the answer asks again, and what is new comes too late.
    expect(await post(callbackUrl, whole)).toEqual({ status: 200, body: { isRepeat: true } })
    expect((await post(callbackUrl, signed({ runId }, { id: 'c', key }))).status).toBe(404)
    const { items } = await engine.events.list({ companyId: task.companyId, limit: 100 })
    const heard = items.filter(({ type }) => type === 'run.called_back').map(({ data }) => String(Object(data).deliveryId))
    expect(heard.toSorted()).toEqual(['a', 'b'])
  })

  it('is heard also when it is done before it has said that it began', async () => {
    const { engine, key, hire, give } = await open(family)
    const agent = await startAgent(({ runId, callbackUrl }) => post(callbackUrl, signed({ runId, comment: 'Done.' }, { key })))
    const task = await give(await hire(agent.url))
    const { runId } = await begun(agent)
    expect(await endOf(engine, runId)).toMatchObject({ status: 'succeeded', outcome: { kind: 'done' } })
    expect((await engine.comments.list({ taskId: task.id })).items).toMatchObject([{ body: 'Done.' }])
  })

  it('is absent for whoever signed with another key, changed anything, or did not sign, word for word as one that is not there', async () => {
    const { engine, key, hire, give, call } = await open(family)
    const agent = await startAgent()
    await give(await hire(agent.url))
    const { runId } = await begun(agent)
    const good = signed({ runId, isDone: false }, { key })
    const absent = await call('POST', '/api/runs/01890000-0000-7000-8000-000000000000/callbacks', good)
    expect([absent.status, absent.at('code')]).toEqual([404, 'not_found'])
    const bad = [
      { ...good, body: `${good.body} ` },
      { ...good, headers: { ...good.headers, 'webhook-id': 'other' } },
      signed({ runId }, { key: createWebhookSecret() }),
      { body: good.body },
      { body: good.body, credential: key },
    ]
    for (const sent of bad) expect(told(await call('POST', `/api/runs/${runId}/callbacks`, sent))).toEqual(told(absent))
    expect((await call('POST', `/api/runs/${runId}/callbacks`, good)).status).toBe(202)
    await engine.runs.cancel({ runId })
    const late = signed({ runId }, { id: 'late', key })
    expect(told(await call('POST', `/api/runs/${runId}/callbacks`, late))).toEqual(told(absent))
  })

  it('is refused with the time of another window, and told what that is', async () => {
    const { key, hire, give, call, clock } = await open(family)
    const agent = await startAgent()
    await give(await hire(agent.url))
    const { runId } = await begun(agent)
    for (const [offsetSec, status] of [
      [-310, 401],
      [310, 401],
      [-290, 202],
      [290, 202],
    ] as const) {
      const at = new Date(clock.now() + offsetSec * 1_000)
      const answer = await call('POST', `/api/runs/${runId}/callbacks`, signed({ runId, isDone: false }, { id: `${offsetSec}`, at, key }))
      expect([offsetSec, answer.status]).toEqual([offsetSec, status])
      if (status === 401) expect(answer.body).toMatchObject({ code: 'stale_delivery', windowSec: 300 })
    }
  })

  it('counts for its own run only', async () => {
    const { engine, key, hire, give, call } = await open(family)
    const agent = await startAgent()
    const agentId = await hire(agent.url)
    await give(agentId)
    const { runId } = await begun(agent)
    // What was signed for one run is sent for another: the key is the same, the run that it names is not.
    const other = signed({ runId: '01890000-0000-7000-8000-000000000000' }, { key })
    expect((await call('POST', `/api/runs/${runId}/callbacks`, other)).status).toBe(202)
    const { items } = await until(
      () => engine.runs.log({ runId }),
      ({ items: [first] }) => first !== undefined,
      20_000,
    )
    expect(items[0]?.text).toContain('another run')
    expect(await engine.runs.get({ runId })).toMatchObject({ status: 'running' })
    // The key of one company opens nothing in another.
    const { id: companyId } = await engine.companies.create({ name: 'Beta' })
    await engine.secrets.create({ companyId, name: 'CALLBACK_KEY', value: createWebhookSecret() })
    const { adapterConfig } = await engine.agents.get({ agentId })
    const theirs = await engine.agents.create({ companyId, name: 'F', role: 'w', adapterType: 'http', adapterConfig: adapterConfig ?? {} })
    await engine.tasks.create({ companyId, title: 'Theirs', assigneeAgentId: theirs.id })
    const foreign = await until(
      async () => agent.began[1],
      (began) => began !== undefined,
      20_000,
    )
    const answer = await call('POST', `/api/runs/${foreign?.runId}/callbacks`, signed({ runId: foreign?.runId }, { key }))
    expect(answer.status).toBe(404)
  })

  it('may sign with the secret before the last rotation while the configuration names both', async () => {
    const { engine, key, secretId, hire, give, call } = await open(family)
    const agent = await startAgent()
    const next = createWebhookSecret()
    await engine.secrets.rotate({ secretId, value: next })
    const agentId = await hire(agent.url, { secrets: [{ secret: 'CALLBACK_KEY' }, { secret: 'CALLBACK_KEY', version: 1 }] })
    await give(agentId)
    const { runId } = await begun(agent)
    const path = `/api/runs/${runId}/callbacks`
    expect((await call('POST', path, signed({ runId, isDone: false }, { id: 'old', key }))).status).toBe(202)
    const callback = { baseUrl: 'http://127.0.0.1:1', secrets: [{ secret: 'CALLBACK_KEY' }] }
    await engine.agents.update({ agentId, adapterConfig: { url: agent.url, callback } })
    expect((await call('POST', path, signed({ runId, isDone: false }, { id: 'older', key }))).status).toBe(404)
    expect((await call('POST', path, signed({ runId }, { id: 'new', key: next }))).status).toBe(202)
    expect(await endOf(engine, runId)).toMatchObject({ status: 'succeeded' })
  })
})

describe('the callbacks of a run', () => {
  it('are a hundred, without the secrets of the agent, and are forgotten a day after its end', async () => {
    const { engine, file, clock, key, hire, give, call } = await open('sqlite')
    const agent = await startAgent()
    await give(await hire(agent.url))
    const { runId } = await begun(agent)
    const say = (id: number) =>
      call('POST', `/api/runs/${runId}/callbacks`, signed({ runId, isDone: false, log: `${key}\n` }, { id: `${id}`, key }))
    for (let id = 1; id <= 100; id += 1) expect((await say(id)).status).toBe(202)
    const refused = await say(101)
    expect([refused.status, refused.at('code'), refused.at('mostCallbacks')]).toEqual([422, 'rule_violated', '100'])
    expect(dump(file)).toContain('[secret CALLBACK_KEY]')
    expect(dump(file)).not.toContain(key)
    await engine.runs.cancel({ runId })
    await endOf(engine, runId)
    expect((await say(1)).status).toBe(200)
    clock.aheadMs = 25 * 3_600_000
    const at = () => new Date(clock.now())
    const again = () => call('POST', `/api/runs/${runId}/callbacks`, signed({ runId }, { id: '1', at: at(), key }))
    // A run that is over takes nothing new; what it had taken is known no longer.
    await until(again, ({ status }) => status === 404, 20_000)
  })

  it('need a secret that is a key, and an address', async () => {
    const { engine, companyId, hire, give } = await open('sqlite')
    const agent = await startAgent()
    await engine.secrets.create({ companyId, name: 'OTHER', value: 'no key of a webhook' })
    const task = await give(await hire(agent.url, { secrets: [{ secret: 'OTHER' }] }))
    const { items } = await until(
      () => engine.runs.list({ companyId, taskId: task.id, status: 'failed' }),
      ({ items: [run] }) => run !== undefined,
      20_000,
    )
    expect(items).toMatchObject([{ errorClass: 'config', errorMessage: expect.stringContaining('callback.secrets') }])
    expect(agent.began).toEqual([])
    expect(await errorOf(hire(agent.url, { baseUrl: 'ftp://example.com' }))).toMatchObject({ code: 'invalid_input' })
  })
})
