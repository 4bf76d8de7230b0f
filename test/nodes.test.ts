import { randomBytes } from 'node:crypto'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createNode, localSecrets, systemActor, type Engine, type Node, type NodeOptions } from '@engine/core'
import { hangs, scriptedAdapter, watched, type WatchedStorage } from '@engine/testing'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { describedNode, registerNode, serveToNodes, type NodeServer } from './support/nodes.ts'
import { newStorage } from './support/storages.ts'

const secret = 'a value that nobody is to see'
const routes = ['heartbeat', 'log', 'report', 'hand-back'] as const
const saidByRun = {
  heartbeat: {},
  log: { entries: [{ stream: 'stdout', text: 'late' }] },
  report: { outcome: { kind: 'done' } },
  'hand-back': { reason: 'late' },
}

interface Scene extends World, NodeServer {
  readonly storage: WatchedStorage
}

interface Leased {
  readonly run: { readonly id: string; readonly taskId: string }
  readonly credential: string
  readonly setup: { readonly env: Readonly<Record<string, string>> } | null
}

describe.each(['sqlite', 'postgres'])('nodes, which have no database, on %s', (database) => {
  /** A server that executes nothing itself. */
  async function open(settings: Parameters<typeof createWorld>[0] = {}): Promise<Scene> {
    const storage = watched(await newStorage(database))
    const world = await createWorld({
      storage,
      secrets: localSecrets({ key: randomBytes(32) }),
      ...settings,
      settings: { maxConcurrentRuns: 0, pollMs: 100, sweepMs: 100, workerBeatMs: 200, retryBaseMs: 100, ...settings.settings },
    })
    onTestFinished(() => world.engine.stop())
    return { ...world, storage, ...(await serveToNodes(world.engine)) }
  }

  async function startNode({ engine, ask }: Scene, options: Partial<NodeOptions> = {}): Promise<Node> {
    const { key } = await engine.nodes.createKey({ name: 'North' })
    const node = createNode({ server: ask, key, adapters: [scriptedAdapter()], name: 'north', ...options })
    await node.start()
    onTestFinished(() => node.stop())
    return node
  }

  const addTask = ({ engine, companyId, agentId }: Scene, title = 'Write') =>
    engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
  const lease = async ({ call }: Scene, credential: string, limit = 10): Promise<Leased[]> => {
    const answer = await call('POST', '/api/nodes/lease', { credential, body: { limit } })
    expect(answer.status, answer.text).toBe(200)
    return (answer.body as { runs: Leased[] }).runs
  }
  const runsOf = async ({ engine, companyId }: Pick<Scene, 'engine' | 'companyId'>) => (await engine.runs.list({ companyId })).items
  const becomes = (engine: Engine, taskId: string, status: string) =>
    until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === status,
      10_000,
    )

  it('register with a key, are listed, and execute what is queued, with its tools, its secrets and its session', async () => {
    const scene = await open()
    const { engine, companyId } = scene
    const stored = await engine.secrets.create({ companyId, name: 'TOKEN', value: secret })
    await engine.secrets.bind({ secretId: stored.id, target: 'company', as: 'TOKEN' })
    const adapter = scriptedAdapter()
    const given: unknown[] = []
    adapter.start = async ({ env }) => ({
      async run({ context, session, tools, emit }) {
        given.push(env['TOKEN'], session)
        await emit({ type: 'log', stream: 'stdout', text: `I have ${secret.slice(0, 9)}` })
        await emit({ type: 'log', stream: 'stdout', text: `${secret.slice(9)}\n` })
        await emit({ type: 'usage', usage: { inputTokens: 7 } })
        await emit({ type: 'progress', percent: 50 })
        await emit({ type: 'session', state: { conversation: 1 } })
        const list = tools.find(({ name }) => name === 'comments_list')
        given.push(await list?.call({}))
        await emit({ type: 'comment', body: `Wrote ${context.task.title}` })
        return { kind: 'done' }
      },
    })
    await startNode(scene, { adapters: [adapter] })
    const task = await addTask(scene)
    await becomes(engine, task.id, 'done')
    const [worker] = (await engine.workers.list({})).items
    expect(worker).toMatchObject({ name: 'north', adapters: ['scripted'], status: 'active', nodeKeyId: expect.any(String) })
    const [run] = await runsOf(scene)
    expect(run).toMatchObject({ status: 'succeeded', workerId: worker?.id, usage: { inputTokens: 7 } })
    expect(given).toEqual([secret, null, { isError: false, output: { items: [], nextCursor: null } }])
    const log = (await engine.runs.log({ runId: run?.id ?? '' })).items.map(({ text }) => text).join('')
    expect(log).toBe('I have [secret TOKEN]\n')
    expect((await engine.comments.list({ taskId: task.id })).items).toMatchObject([{ body: 'Wrote Write' }])
    expect((await engine.secrets.accesses({ secretId: stored.id })).items).toMatchObject([{ runId: run?.id, outcome: 'success' }])
  })

  it('say once that their server is away, and once that it is back, and go on', async () => {
    const scene = await open()
    const lines: string[] = []
    const say = (message: string) => void lines.push(message)
    let refusals = 0
    let isAway = false
    await startNode(scene, {
      logger: { debug: say, info: say, warn: say, error: say },
      async server(request) {
        if (!isAway) return scene.ask(request)
        refusals += 1
        throw new Error('connection refused')
      },
    })
    isAway = true
    await until(
      () => Promise.resolve(refusals),
      (count) => count >= 6,
    )
    isAway = false
    const task = await addTask(scene)
    await becomes(scene.engine, task.id, 'done')
    await until(
      () => Promise.resolve(lines.length),
      (count) => count >= 2,
    )
    expect(lines).toEqual([expect.stringMatching(/^the server is away/), expect.stringMatching(/^the server is back after \d+ s$/)])
  })

  it('are refused with a key that is wrong, expired or revoked, and nothing tells which', async () => {
    const { engine, call } = await open()
    const register = (key: string) => call('POST', '/api/nodes/register', { body: { ...describedNode, key } })
    const short = await engine.nodes.createKey({ name: 'Short', expiresAt: new Date(Date.now() + 400).toISOString() })
    expect((await register(short.key)).status).toBe(201)
    const revoked = await engine.nodes.createKey({ name: 'Revoked' })
    expect(await engine.nodes.revokeKey({ nodeKeyId: revoked.id })).toMatchObject({ revokedAt: expect.any(String) })
    await until(
      async () => Date.now(),
      (now) => now > Date.parse(short.expiresAt ?? ''),
    )
    const answers = [
      await register(`eng_nodekey_${'x'.repeat(43)}`),
      await register('nonsense'),
      await register(revoked.key),
      await register(short.key),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    expect(new Set(answers.map((answer) => `${answer.at('code')} ${answer.at('detail')}`)).size).toBe(1)
    expect((await engine.nodes.listKeys({})).items.map(({ name }) => name)).toEqual(['Short', 'Revoked'])
    expect(JSON.stringify(await engine.nodes.listKeys({}))).not.toContain(short.key)
  })

  it('are let in no more by a token that is wrong, too old, or given back', async () => {
    const scene = await open()
    const { call, storage } = scene
    const { credential, workerId } = await registerNode(scene)
    const beat = async (token: string) => (await call('POST', '/api/nodes/heartbeat', { credential: token })).status
    expect([await beat(credential), await beat(`eng_node_${'x'.repeat(43)}`), await beat('eng_node_short')]).toEqual([200, 401, 401])
    const { watch } = storage
    await watch.query(`update ${watch.table('workers')} set token_expires_at = ? where id = ?`, ['2020-01-01T00:00:00.000Z', workerId])
    expect(await beat(credential)).toBe(401)
    const second = await registerNode(scene)
    expect((await call('POST', '/api/nodes/leave', { credential: second.credential })).status).toBe(200)
    expect(await beat(second.credential)).toBe(401)
  })

  it('come back with a credential that is too old, also when their key has ended, but not when they were revoked', async () => {
    const scene = await open()
    const { call, engine, storage } = scene
    const { key, nodeKeyId, workerId, credential } = await registerNode(scene)
    const renew = async (renews: unknown, by = key) =>
      call('POST', '/api/nodes/register', { body: { ...describedNode, key: by, renews: String(renews) } })
    const { key: other } = await engine.nodes.createKey({ name: 'South' })
    expect((await renew(credential, other)).at('workerId')).not.toBe(workerId)
    const { watch } = storage
    await watch.query(`update ${watch.table('node_keys')} set expires_at = ? where id = ?`, ['2020-01-01T00:00:00.000Z', nodeKeyId])
    const renewed = await renew(credential)
    expect([renewed.status, renewed.at('workerId')]).toEqual([201, workerId])
    // Only by the newest, and where it is one.
    expect([await renew(credential), await renew('eng_node_none')].map(({ status }) => status)).toEqual([401, 401])
    expect((await call('POST', '/api/nodes/heartbeat', { credential })).status).toBe(401)
    await engine.workers.revoke({ workerId: String(workerId) })
    expect((await renew(renewed.at('credential'))).status).toBe(401)
  })

  it('get no run of an adapter that they have not, and see nothing else of a company', async () => {
    const scene = await open()
    const { engine, call, companyId, agentId } = scene
    const task = await addTask(scene)
    const [run] = await runsOf(scene)
    const other = await registerNode(scene, { adapters: ['process'] })
    expect(await lease(scene, other.credential)).toEqual([])
    const none = await registerNode(scene, { adapters: [] })
    expect(await lease(scene, none.credential)).toEqual([])
    const ids: Record<string, string> = { companyId, agentId, taskId: task.id, runId: run?.id ?? '', workerId: other.workerId }
    const own = ['nodes.register', 'nodes.heartbeat', 'nodes.lease', 'nodes.leave']
    for (const { name, definition } of engine.registry.operations) {
      if (!definition.http || own.includes(name) || definition.access.carriesCredential) continue
      const [method, route] = definition.http
      const ask = async (idOf: (field: string) => string) =>
        call(method, `/api${route.replaceAll(/:(\w+)/g, (_, field: string) => idOf(field))}`, { credential: other.credential })
      const { status, text } = await ask((field) => ids[field] ?? run?.id ?? '')
      // What a route says of its own input is no fact of a company.
      expect([400, 403, 404], `${name} ${text}`).toContain(status)
      expect([name, status]).toEqual([name, (await ask(() => '01890000-0000-7000-8000-000000000000')).status])
      expect(text).not.toContain('Write')
    }
  })

  it('get no run whose agent was given another adapter since it was looked at', async () => {
    const scene = await open()
    const { engine } = scene
    await addTask(scene)
    const [run] = await runsOf(scene)
    const claim = (adapters: string[]) =>
      engine.execute('runs.claim', { input: { runId: run?.id, workerId: 'far', adapters }, actor: systemActor })
    expect(await errorOf(claim(['process']))).toMatchObject({ code: 'rule_violated' })
    expect((await runsOf(scene)).map(({ status }) => status)).toEqual(['queued'])
    expect(await claim(['scripted'])).toMatchObject({ run: { status: 'running' } })
  })

  it('never get one run twice, and no more than they can hold', async () => {
    const scene = await open()
    const nodes = [await registerNode(scene), await registerNode(scene)]
    for (let number = 1; number <= 10; number += 1) await addTask(scene, `Task ${number}`)
    const leased = await Promise.all([...nodes, ...nodes].map(({ credential }) => lease(scene, credential, 2)))
    const ids = leased.flat().map(({ run }) => run.id)
    // Who was slower than the other goes away with less, and asks again.
    for (let asked = 1; asked <= 4; asked += 1)
      for (const { credential } of nodes) ids.push(...(await lease(scene, credential)).map(({ run }) => run.id))
    expect(new Set(ids).size).toBe(ids.length)
    // Two times their capacity of four; more only where both asked twice at the same moment.
    expect(ids.length).toBeOneOf([8, 9, 10])
  })

  it('give out no answer of a lease a second time', async () => {
    const scene = await open()
    const { credential } = await registerNode(scene)
    await addTask(scene)
    const answer = await scene.call('POST', '/api/nodes/lease', { credential, body: { limit: 1 }, headers: { 'idempotency-key': 'k' } })
    expect([answer.status, answer.at('code')]).toEqual([400, 'invalid_input'])
    expect(await lease(scene, credential)).toHaveLength(1)
  })

  it('are given again what an answer brought that was lost on its way, without an attempt burnt', async () => {
    const scene = await open()
    const lost: unknown[] = []
    const losing: Scene['ask'] = async (request) => {
      const answer = await scene.ask(request)
      const { runs = [] } = Object(answer.body) as { runs?: Leased[] }
      if (runs.length === 0 || lost.length > 0) return answer
      lost.push(...runs)
      throw new Error('the connection was cut')
    }
    await startNode(scene, { server: losing })
    const task = await addTask(scene)
    await becomes(scene.engine, task.id, 'done')
    expect((await runsOf(scene)).map(({ status, attempt }) => `${status} ${attempt}`).toSorted()).toEqual(['cancelled 1', 'succeeded 1'])
    const [{ run, credential }] = lost as [Leased]
    const late = await scene.call('POST', `/api/runs/${run.id}/report`, { credential, body: { outcome: { kind: 'done' } } })
    expect([late.status, late.at('code')]).toEqual([409, 'lease_lost'])
  })

  it('keep what they name, and also what they do not when they name nothing', async () => {
    const scene = await open()
    const { credential, workerId } = await registerNode(scene)
    const other = await registerNode(scene)
    for (const title of ['First', 'Second', 'Third']) await addTask(scene, title)
    const ask = async (body: object, token = credential) =>
      ((await scene.call('POST', '/api/nodes/lease', { credential: token, body: { limit: 1, ...body } })).body as { runs: Leased[] }).runs
    const [first] = await ask({})
    const [second] = await ask({ knownRunIds: [first?.run.id] })
    await ask({}, other.credential)
    expect(await ask({})).toEqual([])
    const held = async () => (await scene.call('POST', '/api/nodes/heartbeat', { credential })).body
    expect(await held()).toMatchObject({ runIds: expect.arrayContaining([first?.run.id, second?.run.id]) })
    // What is handed back is queued in the moment after the one that is looked at.
    const again = await until(
      () => ask({ knownRunIds: [first?.run.id] }),
      (runs) => runs.length > 0,
    )
    expect(again).toMatchObject([{ run: { taskId: second?.run.taskId, attempt: 1, workerId } }])
    expect(await held()).toMatchObject({ runIds: expect.arrayContaining([first?.run.id, again[0]?.run.id]) })
    expect((await runsOf(scene)).map(({ status }) => status).toSorted()).toEqual(['cancelled', 'running', 'running', 'running'])
  })

  it('get nothing new while they drain, and are told so', async () => {
    const scene = await open()
    const { engine, call } = scene
    const { credential, workerId } = await registerNode(scene)
    await engine.workers.drain({ workerId })
    await addTask(scene)
    expect(await lease(scene, credential)).toEqual([])
    expect((await call('POST', '/api/nodes/heartbeat', { credential })).body).toMatchObject({ status: 'draining', runIds: [] })
    await engine.workers.resume({ workerId })
    expect(await lease(scene, credential)).toHaveLength(1)
  })

  it.each(['the node', 'its key'])('lose what they execute when %s is revoked, and another one does it', async (what) => {
    const scene = await open({ settings: { leaseMs: 1_000 } })
    const { engine, call } = scene
    await engine.start()
    const lost = await registerNode(scene)
    const task = await addTask(scene)
    const [leased] = await lease(scene, lost.credential)
    const heartbeat = () => call('POST', `/api/runs/${leased?.run.id}/heartbeat`, { credential: leased?.credential ?? '' })
    expect((await heartbeat()).status).toBe(200)
    if (what === 'its key') await engine.nodes.revokeKey({ nodeKeyId: lost.nodeKeyId })
    else expect(await engine.workers.revoke({ workerId: lost.workerId })).toMatchObject({ status: 'stopped', changedBy: 'system' })
    expect((await heartbeat()).status).toBe(401)
    expect((await call('POST', '/api/nodes/lease', { credential: lost.credential, body: { limit: 1 } })).status).toBe(401)
    await startNode(scene)
    await becomes(engine, task.id, 'done')
    expect((await runsOf(scene)).map(({ status, attempt }) => `${status} ${attempt}`).toSorted()).toEqual(['lost 1', 'succeeded 2'])
  })

  it('are refused on every route when they come back after their lease', async () => {
    const scene = await open({ settings: { leaseMs: 500 } })
    const { engine, call } = scene
    await engine.start()
    const { credential } = await registerNode(scene)
    const task = await addTask(scene)
    const [leased] = await lease(scene, credential)
    await until(
      async () => (await runsOf(scene)).find(({ id }) => id === leased?.run.id)?.status,
      (status) => status === 'lost',
    )
    const late = { credential: leased?.credential ?? '' }
    for (const route of routes) {
      const answer = await call('POST', `/api/runs/${leased?.run.id}/${route}`, { ...late, body: saidByRun[route] })
      expect([route, answer.status, answer.at('code')]).toEqual([route, 409, 'lease_lost'])
    }
    const path = `/api/tasks/${task.id}`
    const others = [
      await call('POST', `${path}/progress`, { ...late, body: { percent: 5 } }),
      await call('POST', `${path}/comments`, { ...late, body: { body: 'late' } }),
      await call('POST', `${path}/deliverables`, { ...late, body: { title: 'late', content: 'late' } }),
    ]
    expect(others.map((answer) => answer.at('code'))).toEqual(['lease_lost', 'lease_lost', 'lease_lost'])
  })

  it('stop within seconds what was cancelled', async () => {
    // By its own renewal a run would hear of it after minutes only.
    const scene = await open({ settings: { leaseMs: 600_000 } })
    const { engine } = scene
    const adapter = scriptedAdapter()
    const told = Promise.withResolvers<unknown>()
    adapter.script = async (turn) => {
      const outcome = await hangs()(turn)
      told.resolve(turn.signal.reason)
      return outcome
    }
    await startNode(scene, { adapters: [adapter] })
    await addTask(scene)
    const run = await until(
      async () => (await runsOf(scene))[0],
      (first) => first?.status === 'running' && adapter.turns.length > 0,
    )
    await engine.runs.cancel({ runId: run?.id ?? '' })
    expect(await told.promise).toBe('lease_lost')
  })

  it('tell what a run consumed that was cancelled meanwhile', async () => {
    const scene = await open()
    const { engine, companyId, call } = scene
    const adapter = scriptedAdapter()
    adapter.script = async (turn) => {
      await turn.emit({ type: 'usage', usage: { costMicros: 30 } })
      const outcome = await hangs()(turn)
      await turn.emit({ type: 'usage', usage: { costMicros: 5 } })
      return outcome
    }
    await startNode(scene, { adapters: [adapter] })
    await addTask(scene)
    const costs = () => engine.costs.list({ companyId })
    await until(costs, ({ items }) => items.length === 1)
    const [run] = await runsOf(scene)
    await engine.runs.cancel({ runId: run?.id ?? '' })
    await until(costs, ({ items }) => items.length === 2)
    expect((await engine.runs.get({ runId: run?.id ?? '' })).usage.costMicros).toBe(35)
    // Another one knows nothing of it.
    const { credential } = await registerNode(scene)
    const body = { runId: run?.id, fence: run?.fence, usages: [{ sequence: 9, costMicros: 1 }] }
    expect((await call('POST', '/api/nodes/usage', { credential, body })).body).toEqual({ isKept: false })
    expect((await costs()).items).toHaveLength(2)
  })

  it('tell what a run consumed by the fence that it had with them, and by no other', async () => {
    const scene = await open()
    const { engine, call } = scene
    const { credential } = await registerNode(scene)
    await addTask(scene)
    await lease(scene, credential)
    const [run = expect.unreachable()] = await runsOf(scene)
    await engine.runs.cancel({ runId: run.id })
    const tell = async (fence: number) => {
      const body = { runId: run.id, fence, usages: [{ sequence: 1, costMicros: 7 }] }
      return (await call('POST', '/api/nodes/usage', { credential, body })).body
    }
    const fence = run.fence ?? 0
    expect([await tell(fence - 1), await tell(fence + 1), await tell(fence)]).toEqual([
      { isKept: false },
      { isKept: false },
      { isKept: true },
    ])
    expect((await engine.runs.get({ runId: run.id })).usage.costMicros).toBe(7)
  })

  it('say nothing with the value of a secret, also when they do not blot it out themselves', async () => {
    const scene = await open()
    const { engine, call, companyId } = scene
    const stored = await engine.secrets.create({ companyId, name: 'TOKEN', value: secret })
    await engine.secrets.bind({ secretId: stored.id, target: 'company', as: 'TOKEN' })
    const { credential } = await registerNode(scene)
    const task = await addTask(scene)
    const [leased] = await lease(scene, credential)
    expect(leased?.setup?.env).toEqual({ TOKEN: secret })
    const own = { credential: leased?.credential ?? '' }
    const entries = [{ stream: 'stdout', text: `it is ${secret}!` }]
    expect((await call('POST', `/api/runs/${leased?.run.id}/log`, { ...own, body: { entries } })).status).toBe(200)
    await call('POST', `/api/tasks/${task.id}/comments`, { ...own, body: { body: `it is ${secret}!` } })
    const log = (await engine.runs.log({ runId: leased?.run.id ?? '' })).items.map(({ text }) => text)
    expect(log).toEqual(['it is [secret TOKEN]!'])
    expect((await engine.comments.list({ taskId: task.id })).items).toMatchObject([{ body: 'it is [secret TOKEN]!' }])
  })

  it('end a run whose secret is not there as misconfigured, as a worker does', async () => {
    const scene = await open()
    const { engine, companyId } = scene
    const stored = await engine.secrets.create({ companyId, name: 'TOKEN', value: secret })
    await engine.secrets.bind({ secretId: stored.id, target: 'company', as: 'TOKEN' })
    await engine.secrets.update({ secretId: stored.id, status: 'disabled' })
    await startNode(scene)
    await addTask(scene)
    const run = await until(
      async () => (await runsOf(scene))[0],
      (first) => first?.status === 'failed',
    )
    expect(run).toMatchObject({ errorClass: 'config', errorMessage: expect.stringContaining('TOKEN is disabled') })
  })

  it('hand back what does not end within their grace, without an attempt burnt, and sign off', async () => {
    const scene = await open()
    const adapter = scriptedAdapter()
    adapter.script = hangs()
    const node = await startNode(scene, { adapters: [adapter], settings: { stopGraceMs: 0 } })
    await addTask(scene)
    await until(
      async () => adapter.turns.length,
      (turns) => turns === 1,
    )
    await node.stop()
    expect((await runsOf(scene)).map(({ status, attempt }) => `${status} ${attempt}`).toSorted()).toEqual(['cancelled 1', 'queued 1'])
    expect((await scene.engine.workers.list({})).items).toMatchObject([{ status: 'stopped', changedBy: 'worker' }])
  })

  it('stop by themselves when they are let go', async () => {
    const scene = await open()
    const node = await startNode(scene)
    const [worker] = (await scene.engine.workers.list({})).items
    await scene.engine.workers.revoke({ workerId: worker?.id ?? '' })
    await node.letGo
  })

  it('register anew when they were silent for so long that their credential ended', async () => {
    const scene = await open()
    const { engine, storage } = scene
    const adapter = scriptedAdapter()
    await startNode(scene, { adapters: [adapter] })
    const [worker] = (await engine.workers.list({})).items
    await engine.workers.drain({ workerId: worker?.id ?? '' })
    const { watch } = storage
    const { items } = await until(
      async () => {
        // Again and again, since a sign of life may be under way.
        await watch.query(`update ${watch.table('workers')} set token_expires_at = ?`, ['2020-01-01T00:00:00.000Z'])
        return engine.workers.list({})
      },
      (found) => found.items.some(({ startedAt }) => startedAt !== worker?.startedAt),
    )
    // It is the same one, and still takes nothing more.
    expect(items.map(({ id, status }) => [id, status])).toEqual([[worker?.id, 'draining']])
    await engine.workers.resume({ workerId: worker?.id ?? '' })
    await addTask(scene)
    await until(
      () => runsOf(scene),
      ([run]) => run?.status === 'succeeded',
    )
  })

  it.each(['log', 'report'] as const)('say it again when the server takes no more of their %s for a while', async (what) => {
    const scene = await open()
    const { engine, ask } = scene
    const adapter = scriptedAdapter()
    adapter.script = async ({ emit }) => {
      await emit({ type: 'log', stream: 'stdout', text: 'written' })
      return { kind: 'done' }
    }
    let refusals = 0
    await startNode(scene, {
      adapters: [adapter],
      server: async (request) => {
        if (!request.path.endsWith(`/${what}`) || refusals === 2) return ask(request)
        refusals += 1
        return { status: 429, body: { code: 'rate_limited', detail: 'Wait.', retryAfterMs: 5 } }
      },
    })
    await addTask(scene)
    const [run] = await until(
      () => runsOf(scene),
      ([first]) => first?.status === 'succeeded',
    )
    expect(refusals).toBe(2)
    const { items } = await engine.runs.log({ runId: run?.id ?? '' })
    expect(items.map(({ text }) => text)).toEqual(['written'])
  })
})
