import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'

import { localBlobs } from '@engine/blobs/local'
import { createEngine, type Actor, type Logger, type Storage } from '@engine/core'
import { BLOBS_SPEC, definePlugin, subscription } from '@engine/core/plugin'
import { localOperator, serve, serveFigures } from '@engine/http'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { createTestEngine, hangs, intercepted, memoryBlobs, scriptedAdapter } from '@engine/testing'

import { callHandler, createCompany, createWorld, serveWorld } from './http-fixtures.ts'
import { furnishCompany } from './http-furnished.ts'
import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase, newStorage } from './support/storages.ts'
import { readPrometheus, type Family } from './support/prometheus.ts'

interface Check {
  readonly name: string
  readonly status: string
  readonly reason?: string | null
}

const checksOf = (body: unknown) => (body as { checks: Check[] }).checks
const checkOf = (body: unknown, name: string) => checksOf(body).find((check) => check.name === name)

describe('the question whether a server is ready', () => {
  it('is answered with everything that has to be well, to the operator of this machine', async () => {
    const { engine } = await createWorld()
    await engine.start()
    const { call } = await serveWorld(engine)
    const answer = await call('GET', '/api/health/ready')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status: 'ready', storage: 'sqlite:a copy in memory', liveRuns: 0 })
    for (const name of ['database', 'schema', 'deliveries', 'blobs', 'stopping', 'loop watchdog', 'loop dispatcher', 'loop sealer'])
      expect(checkOf(answer.body, name), name).toEqual({ name, status: 'ok', reason: null })
  })

  it('is answered with the loops by which plugins are told of events and do their jobs, where they have some', async () => {
    const looker = definePlugin({
      id: 'looker',
      version: '1.0.0',
      engine: '^1',
      subscribe: { tasks: subscription({ events: ['task.created'], handle: async () => undefined }) },
      jobs: { look: { schedule: { every: '1h' }, run: async () => undefined } },
    })
    const engine = await createEngine({ storage: sqlite(':memory:'), plugins: [looker] })
    onTestFinished(() => engine.stop())
    await engine.start()
    const { checks } = await engine.health()
    for (const name of ['loop subscriptions', 'loop plugin jobs'])
      expect(
        checks.find((check) => check.name === name),
        name,
      ).toEqual({ name, status: 'ok', reason: null })
  })

  it('is answered to strangers without a reason, a path or a name of the inside', async () => {
    const { engine } = await createWorld()
    const { agentKey } = await furnishCompany(engine, 'Acme')
    const call = callHandler({ engine })
    await engine.stop()
    for (const credential of [undefined, 'eng_user_unknown', agentKey]) {
      const answer = await call('GET', '/api/health/ready', credential === undefined ? {} : { credential })
      expect([answer.status, answer.at('status')]).toEqual([503, 'not_ready'])
      expect(Object.keys(Object(answer.body))).toEqual(['status', 'checks'])
      for (const check of checksOf(answer.body)) expect(Object.keys(check)).toEqual(['name', 'status'])
      expect(checkOf(answer.body, 'database')).toEqual({ name: 'database', status: 'failed' })
    }
  })

  it('is no when the process is stopping, and says so', async () => {
    const { engine } = await createWorld()
    const call = callHandler({ engine, localActor: localOperator })
    await engine.stop()
    const { status, body } = await call('GET', '/api/health/ready')
    expect([status, checkOf(body, 'stopping')]).toMatchObject([503, { status: 'failed', reason: expect.stringContaining('stopping') }])
  })

  it('is yes with a warning for files that can not be written', async () => {
    for (const [problem, status] of [
      [async () => 'The disk is full.', 'warning'],
      [async () => Promise.reject(new Error('no answer')), 'warning'],
      [async () => null, 'ok'],
    ] as const) {
      const blobs = { ...memoryBlobs(), spec: BLOBS_SPEC, problem } as const
      const engine = await createEngine({ storage: await newStorage(), blobs })
      onTestFinished(() => engine.stop())
      const health = await engine.health()
      expect([health.isReady, health.checks.find(({ name }) => name === 'blobs')?.status]).toEqual([true, status])
    }
  })

  it('is answered for a folder that is not there yet by the one above, and without its path', async () => {
    const folder = temporaryFolder()
    expect(await localBlobs(join(folder, 'not', 'yet')).problem?.()).toBeNull()
    writeFileSync(join(folder, 'file'), '')
    expect(await localBlobs(join(folder, 'file', 'below')).problem?.()).toBe('The folder of the files can not be written (ENOTDIR).')
  })

  it('is yes with a warning for a loop whose passes fail, or that is late', async () => {
    const { engine, clock } = await createWorld()
    await engine.start()
    const check = async () => (await engine.health()).checks.find(({ name }) => name === 'loop watchdog')
    expect(await check()).toMatchObject({ status: 'ok' })
    const { monotonicMs } = clock
    Object.assign(clock, { monotonicMs: () => monotonicMs() + 3_600_000 })
    expect(await check()).toMatchObject({ status: 'warning', reason: expect.stringMatching(/last pass ended 3[56]\d\d s ago/) })
  })
})

const person = (role: string): Actor => ({ kind: 'user', id: 'kim', roles: { [role]: 'owner' } })

describe('the figures of a server', () => {
  it('are for the operator of this machine, people with a role everywhere, and the token of the monitor', async () => {
    const { engine } = await createWorld()
    const { companyId, agentKey, memberKey } = await furnishCompany(engine, 'Acme')
    const token = 'a-token-for-the-monitor'
    const strangers = callHandler({ engine, metricsToken: token })
    expect((await strangers('GET', '/metrics')).status).toBe(401)
    expect((await strangers('GET', '/metrics', { credential: 'a-token-for-the-monitoR' })).status).toBe(401)
    for (const credential of [agentKey, memberKey]) {
      const answer = await strangers('GET', '/metrics', { credential })
      expect([answer.status, answer.at('code')]).toEqual([403, 'not_an_observer'])
    }
    expect((await strangers('GET', '/metrics', { credential: token })).status).toBe(200)
    expect((await strangers('GET', '/api/companies', { credential: token })).status).toBe(401)
    expect((await callHandler({ engine, localActor: person('*') })('GET', '/metrics')).status).toBe(200)
    expect((await callHandler({ engine, localActor: person(companyId) })('GET', '/metrics')).status).toBe(403)
  })

  it.each(['sqlite', 'postgres'])('hold by the rules of their format, and count what happened, on %s', async (storage) => {
    const adapter = scriptedAdapter()
    adapter.script = hangs()
    const world = await createTestEngine({ storage: await newStorage(storage), adapter })
    const { engine, companyId } = world
    const server = await serve({ engine, port: 0 })
    onTestFinished(() => server.close())
    const read = async (): Promise<Map<string, Family>> => readPrometheus(await (await fetch(`${server.url}/metrics`)).text())
    const before = await read()
    expect(before.get('engine_live_runs')?.samples).toEqual([{ name: 'engine_live_runs', labels: {}, value: 0 }])
    const stop = new AbortController()
    const stream = await fetch(`${server.url}/api/companies/${companyId}/events`, {
      headers: { accept: 'text/event-stream' },
      signal: stop.signal,
    })
    await fetch(`${server.url}/api/companies/${companyId}/tasks`, {
      method: 'POST',
      body: '{"nonsense":1}',
      headers: { 'content-type': 'application/json' },
    })
    await engine.tasks.create({ companyId, title: 'Work', assigneeAgentId: world.agentId })
    const queued = await read()
    const value = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}) =>
      families.get(name)?.samples.find((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))?.value
    expect(value(queued, 'engine_runs', { status: 'queued' })).toBe(1)
    expect(value(queued, 'engine_http_streams')).toBe(1)
    await engine.start()
    await until(
      async () => adapter.turns.length,
      (turns) => turns > 0,
    )
    const running = await read()
    expect([value(running, 'engine_live_runs'), value(running, 'engine_runs', { status: 'running' })]).toEqual([1, 1])
    expect(value(running, 'engine_events_total', { type: 'run.started' })).toBe(1)
    const failed = running.get('engine_http_request_seconds')?.samples.filter(({ labels }) => labels['operation'] === 'tasks.create')
    expect(failed?.find(({ name }) => name.endsWith('_count'))).toMatchObject({ labels: { status: '4xx', method: 'POST' }, value: 1 })
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'engine_loop_last_pass_seconds'])
      expect(running.get(name)?.samples.length, name).toBeGreaterThan(0)
    stop.abort()
    await stream.body?.cancel().catch(() => undefined)
  })

  it('are read from indices that hold nothing else, never from a whole table', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const texts = new Set<string>()
    const engine = await createEngine({ storage: intercepted(sqlite(file), (text) => void texts.add(text)) })
    onTestFinished(() => engine.stop())
    texts.clear()
    await engine.metrics()
    await engine.health()
    const database = new Database(file, { readonly: true })
    onTestFinished(() => void database.close())
    const [load] = [...texts].filter((text) => text.includes('queued_runs'))
    const plan = database.prepare(`explain query plan ${load}`).all() as { detail: string }[]
    const steps = plan.map(({ detail }) => detail).filter((detail) => /^(SCAN|SEARCH) (runs|deliveries|budget_holds)\b/.test(detail))
    expect(steps).toHaveLength(4)
    for (const step of steps) expect(step).toMatch(/USING (COVERING )?INDEX \w+_(queue|one_queued|one_waiting|lane|open)_index/)
  })

  it('say how large the write-ahead log of a file is, and nothing of the kind where there is no file', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const walBytes = async (storage: Storage) => {
      const engine = await createEngine({ storage })
      onTestFinished(() => engine.stop())
      return (await engine.metrics()).find(({ name }) => name === 'engine_wal_bytes')?.samples
    }
    expect(await walBytes(sqlite(file))).toEqual([{ value: statSync(`${file}-wal`).size }])
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
    expect(await walBytes(postgres(await newDatabase()))).toBeUndefined()
  })

  it('name nobody: no company, no person, no path that was asked for', async () => {
    const { engine } = await createWorld()
    const { companyId, agentId } = await createCompany(engine, 'Acme')
    const { call } = await serveWorld(engine)
    for (const path of [`/api/agents/${agentId}`, `/api/companies/${companyId}`, '/api/secret-token-in-a-path', '/secret-token-in-a-path'])
      await call('GET', path)
    const { text } = await call('GET', '/metrics')
    for (const secret of [companyId, agentId, 'secret-token', 'Acme', 'Ada']) expect(text).not.toContain(secret)
    expect(text).toContain('operation="agents.get"')
    expect(text).toContain('operation="unknown"')
  })

  it('time the statements of an engine that was asked to', async () => {
    for (const timesStatements of [true, false]) {
      const engine = await createEngine({ storage: await newStorage(), timesStatements })
      onTestFinished(() => engine.stop())
      const { text } = await callHandler({ engine, localActor: localOperator })('GET', '/metrics')
      const [count] =
        readPrometheus(text)
          .get('engine_statement_seconds')
          ?.samples.filter(({ name }) => name.endsWith('_count')) ?? []
      if (timesStatements) expect(count?.value).toBeGreaterThan(5)
      else expect(count).toBeUndefined()
    }
  })
})

describe('the log of a server', () => {
  it('has one line a request, with who and what and how long, and nothing that was said', async () => {
    const { engine } = await createWorld()
    const { companyId, agentKey } = await furnishCompany(engine, 'Acme')
    const lines: { message: string; fields: Record<string, unknown> }[] = []
    const log = (message: string, fields: Record<string, unknown> = {}) => void lines.push({ message, fields })
    const logger: Logger = { debug: log, info: log, warn: log, error: log }
    const call = callHandler({ engine, logger })
    const answer = await call('POST', `/api/companies/${companyId}/tasks?x=said-in-the-query`, {
      credential: agentKey,
      body: { title: 'said-in-the-body' },
      headers: { 'x-other': 'said-in-a-header', 'idempotency-key': 'said-as-key' },
    })
    await call('GET', '/api/said-in-the-path')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toEqual({
      message: 'request',
      fields: {
        requestId: answer.headers.get('x-request-id'),
        method: 'POST',
        route: '/api/companies/:companyId/tasks',
        status: answer.status,
        ms: expect.any(Number),
        actorKind: 'agent',
        actorId: expect.any(String),
        companyId,
      },
    })
    expect(lines[1]?.fields).toMatchObject({ route: 'unknown', status: 404 })
    expect(JSON.stringify(lines)).not.toMatch(/said-|eng_agent/)
  })
})

describe('a process without an API', () => {
  it('tells who asks from elsewhere that it lives, and only a monitor with its token the rest', async () => {
    const { engine } = await createWorld()
    const opening = Promise.withResolvers<typeof engine>()
    // Another name of this machine than those that its own people use.
    const place = { host: '127.0.0.2', port: 0 }
    await expect(serveFigures({ engine, ...place })).rejects.toThrow(/ENGINE_METRICS_TOKEN/)
    const metricsToken = 'a token of the monitor'.replaceAll(' ', '-')
    const server = await serveFigures({ engine: opening.promise, ...place, metricsToken })
    onTestFinished(() => server.close())
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${server.url}${path}`, { headers })
      return [answer.status, await answer.text()] as const
    }
    expect(await ask('/api/health/live')).toEqual([200, '{"status":"live"}'])
    expect(await ask('/api/health/ready')).toEqual([503, '{"status":"not_ready","reason":"starting"}'])
    opening.resolve(engine)
    await until(
      () => ask('/api/health/ready'),
      ([status]) => status === 200,
    )
    expect((await ask('/api/health/ready'))[1]).not.toContain('reason')
    expect((await ask('/metrics'))[0]).toBe(401)
    expect((await ask('/metrics', { authorization: 'Bearer another-token' }))[0]).toBe(401)
    const monitor = { authorization: `Bearer ${metricsToken}` }
    expect(readPrometheus((await ask('/metrics', monitor))[1]).has('engine_live_runs')).toBe(true)
    expect((await ask('/api/health/ready', monitor))[1]).toContain('reason')
    expect((await ask('/api/session', monitor))[0]).toBe(404)
  })
})
