// Interleavings that must not matter, each forced: by a row that another client locks, by an engine that waits at a step of
// a command, or by a connection that breaks when it is told to.
import { Kysely, sql } from 'kysely'
import pg from 'pg'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { createClient } from '@engine/client'
import { createEngine, type AgentActor, type Engine, type EngineOptions, type RunActor, type UserActor } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { serve } from '@engine/http'
import { pglite, postgres } from '@engine/storage-postgres'

import { createFakeClock, watched } from '@engine/testing'
import { board, errorOf, scriptedAdapter, until } from './support/engine.ts'
import { newDatabase } from './support/storages.ts'

/** How long a test waits for what should come soon. */
const patienceMs = 4_000
/** Less than PROMISES P3 and P19 allow. */
const stopWithinMs = 25_000
const settings = { pollMs: 20, sweepMs: 20, retryBaseMs: 1, stopGraceMs: 1_000 }

let url = ''
let engines: Engine[] = []
let clients: pg.Client[] = []
let pools: pg.Pool[] = []
let gates: Gate[] = []

afterEach(async () => {
  const left = { engines, clients, pools, gates }
  // What one test could not end is not waited for after the next.
  engines = []
  clients = []
  pools = []
  gates = []
  for (const gate of left.gates) gate.open()
  await Promise.all(left.clients.map((client) => client.end()))
  await Promise.all(left.engines.map((engine) => engine.stop()))
  await Promise.all(left.pools.map((pool) => pool.end()))
})

/** Where a command waits until the test lets it go on. */
interface Gate {
  readonly probe: (step: string) => Promise<void>
  /** Resolves when a command is there. */
  readonly reached: Promise<void>
  open(): void
}

/** A gate at a step, for the first that comes there. */
function gateAt(step: string): Gate {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  let isTaken = false
  const gate: Gate = {
    async probe(at) {
      if (at !== step || isTaken) return
      isTaken = true
      reached.resolve()
      await opened.promise
    },
    reached: reached.promise,
    open: () => opened.resolve(),
  }
  gates.push(gate)
  return gate
}

async function openEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await createEngine({
    adapters: [scriptedAdapter()],
    checksOutputs: true,
    random: () => 0,
    ...options,
    storage: watched(options.storage ?? postgres(url)),
    settings: { ...settings, ...options.settings },
  })
  engines.push(engine)
  return engine
}

/** A new database and an engine on it. */
async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  url = await newDatabase()
  return openEngine(options)
}

async function found(engine: Engine): Promise<string> {
  return (await engine.companies.create({ name: 'Acme' })).id
}

async function hire(engine: Engine, companyId: string, more: { name?: string; executionMode?: 'auto' | 'manual' } = {}): Promise<string> {
  const { name = 'Ada', executionMode = 'manual' } = more
  return (await engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted', executionMode })).id
}

async function newTask(engine: Engine, companyId: string, more: Partial<Parameters<Engine['tasks']['create']>[0]> = {}): Promise<string> {
  return (await engine.tasks.create({ companyId, title: 'Write', ...more })).id
}

/** A task that a run of the agent has. */
async function checkOut(engine: Engine, taskId: string, agentId: string): Promise<RunActor> {
  const { credential } = await engine.tasks.checkout({ taskId, agentId })
  const actor = await engine.authenticate(credential ?? '')
  if (actor?.kind !== 'run') throw new Error('the credential is unknown')
  return actor
}

/** A client behind the engine's back. */
async function connect(database = url): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

/** Locks a task's row behind the engine's back. @returns the client that must commit or roll back */
async function lockTask(taskId: string): Promise<pg.Client> {
  const client = await connect()
  await client.query('begin')
  await client.query('select 1 from engine.tasks where id = $1 for update', [taskId])
  return client
}

async function rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

async function countWaiting(): Promise<number> {
  const [seen] = await rows<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return seen?.count ?? 0
}

/** Resolves when at least so many connections of this database wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  await until(countWaiting, (seen) => seen >= count, patienceMs)
}

/** Resolves when it stays the same for a while how many connections wait for a lock, and some do. */
async function untilWaitingSteadily(): Promise<void> {
  const seen: number[] = []
  await until(
    async () => seen.push(await countWaiting()),
    () => seen.length > 10 && (seen.at(-1) ?? 0) > 0 && new Set(seen.slice(-10)).size === 1,
    patienceMs,
  )
}

const others = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`

/** How many deadlocks this database has seen; ends everything that is connected to it. */
async function countDeadlocks(): Promise<number> {
  await Promise.all(engines.map((engine) => engine.stop()))
  await Promise.all(clients.splice(0).map((client) => client.end()))
  await until(
    () => rows<{ count: number }>(others),
    ([seen]) => seen?.count === 0,
    patienceMs,
  )
  const [seen] = await rows<{ deadlocks: number }>(
    'select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()',
  )
  return seen?.deadlocks ?? -1
}

/** Gives the database another default than the server's, for connections to come. */
async function setDefault(setting: string, value: string): Promise<void> {
  const name = pg.escapeIdentifier(new URL(url).pathname.slice(1))
  await rows(`alter database ${name} set ${setting} to ${pg.escapeLiteral(value)}`)
}

async function untilExpired(leases: number): Promise<void> {
  await until(
    () => rows('select 1 from engine.leases where expires_at < clock_timestamp()'),
    (seen) => seen.length === leases,
    patienceMs,
  )
}

async function untilNobodyListens(): Promise<void> {
  await until(
    () => rows<{ count: number }>(`${others} and query ilike 'listen %'`),
    ([seen]) => seen?.count === 0,
    patienceMs,
  )
}

/** What became of a call, as soon as it is known. */
function watch(call: Promise<unknown>): { readonly isSettled: boolean } {
  let isSettled = false
  const settle = () => void (isSettled = true)
  call.then(settle, settle)
  return {
    get isSettled() {
      return isSettled
    },
  }
}

describe('a worker', () => {
  it('tells its adapter to stop before its lease can be taken back, also when nobody answers its renewal', async () => {
    const adapter = scriptedAdapter()
    const turn = Promise.withResolvers<AbortSignal>()
    adapter.script = async ({ signal }) => {
      turn.resolve(signal)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { kind: 'done' }
    }
    const engine = await open({ adapters: [adapter], settings: { leaseMs: 500 } })
    const companyId = await found(engine)
    const assigneeAgentId = await hire(engine, companyId, { executionMode: 'auto' })
    await newTask(engine, companyId, { assigneeAgentId })
    const server = await connect()
    await engine.start()
    const signal = await turn.promise
    await server.query('begin')
    await server.query('select 1 from engine.leases for update')
    await until(
      () => signal.aborted,
      (isTold) => isTold,
      patienceMs,
    )
    await server.query('rollback')
  })

  it('tells its adapter to stop at four fifths of the lease when each renewal fails', async () => {
    const clock = createFakeClock()
    const adapter = scriptedAdapter()
    const turn = Promise.withResolvers<AbortSignal>()
    adapter.script = async ({ signal }) => {
      turn.resolve(signal)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { kind: 'done' }
    }
    let failures = 0
    const probe = (step: string) => {
      if (step !== 'runs.heartbeat.begun') return
      failures += 1
      throw Object.assign(new Error('the server is gone'), { code: '08006' })
    }
    const engine = await open({ clock, probe, adapters: [adapter], settings: { leaseMs: 30_000, pollMs: 1e9, sweepMs: 1e9 } })
    const companyId = await found(engine)
    await newTask(engine, companyId, { assigneeAgentId: await hire(engine, companyId, { executionMode: 'auto' }) })
    await engine.start()
    const signal = await turn.promise
    const begunAt = clock.monotonicMs()
    // In small steps, since nobody knows when what failed is asleep again.
    const advanceUntil = (isSo: () => boolean) =>
      until(
        async () => {
          if (!isSo()) await clock.advance(100)
          return isSo()
        },
        (seen) => seen,
        30_000,
      )
    try {
      for (let tries = 1; tries <= 2; tries += 1) await advanceUntil(() => failures === tries)
      await advanceUntil(() => signal.aborted)
      expect(signal.reason).toBe('lease_not_renewed')
      expect(clock.monotonicMs() - begunAt).toBeGreaterThan(23_000)
      expect(clock.monotonicMs() - begunAt).toBeLessThan(30_000)
    } finally {
      await clock.advance(10_000)
    }
  })

  it('begins what it has claimed, also while another claim waits', async () => {
    const engine = await open()
    const other = await found(engine)
    const busy = await newTask(engine, other, { assigneeAgentId: await hire(engine, other, { executionMode: 'auto' }) })
    const companyId = await found(engine)
    const taskId = await newTask(engine, companyId, { assigneeAgentId: await hire(engine, companyId, { executionMode: 'auto' }) })
    const gate = gateAt('tasks.update.recorded')
    const hung = await openEngine({ probe: gate.probe })
    const update = hung.tasks.update({ taskId: busy, title: 'Slow', priority: 'high' })
    await gate.reached
    await engine.start()
    const task = await until(
      () => engine.tasks.get({ taskId }),
      (seen) => seen.status === 'done',
      patienceMs,
    )
    gate.open()
    await update
    expect(task.status).toBe('done')
  })

  it('takes tasks back in one company while another process hangs in another', async () => {
    const engine = await open({ settings: { leaseMs: 50 } })
    const other = await found(engine)
    const busy = await newTask(engine, other)
    await checkOut(engine, busy, await hire(engine, other))
    const companyId = await found(engine)
    const run = await checkOut(engine, await newTask(engine, companyId), await hire(engine, companyId))
    await untilExpired(2)
    const gate = gateAt('tasks.update.recorded')
    const hung = await openEngine({ probe: gate.probe })
    const update = hung.tasks.update({ taskId: busy, title: 'Slow', priority: 'high' })
    await gate.reached
    await engine.start()
    await until(
      () => engine.runs.get({ runId: run.id }),
      (seen) => seen.status === 'lost',
      patienceMs,
    )
    gate.open()
    await update
  })

  it('takes tasks back in a company where another process hangs in the middle of a command', async () => {
    const engine = await open({ settings: { leaseMs: 50 } })
    const companyId = await found(engine)
    const taskId = await newTask(engine, companyId)
    const run = await checkOut(engine, taskId, await hire(engine, companyId))
    const gate = gateAt('tasks.update.recorded')
    const hung = await openEngine({ probe: gate.probe })
    const update = hung.tasks.update({ taskId, title: 'Slow', priority: 'high' }).catch(() => undefined)
    await gate.reached
    await engine.start()
    await until(
      () => engine.runs.get({ runId: run.id }),
      (seen) => seen.status === 'lost',
      stopWithinMs,
    )
    gate.open()
    await update
  }, 60_000)

  it('changes what a task says while another task of its company is being changed, and its place only after that', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const [busy, taskId] = [await newTask(engine, companyId), await newTask(engine, companyId)]
    const gate = gateAt('tasks.update.recorded')
    const hung = await openEngine({ probe: gate.probe })
    // A key makes it go its own way, and not with others by one statement.
    const slow = hung.tasks.update({ taskId: busy, title: 'Slow' }, { idempotencyKey: 'slow' })
    await gate.reached
    const quick = await engine.tasks.update({ taskId, title: 'Quick', tags: ['a'] })
    let isPlaced = false
    const placed = engine.tasks.update({ taskId, blockedBy: [busy] }).then((task) => {
      isPlaced = true
      return task
    })
    // Long enough to be done if nobody kept it from that.
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([quick.title, isPlaced]).toEqual(['Quick', false])
    gate.open()
    expect((await slow).title).toBe('Slow')
    expect((await placed).version).toBe(quick.version + 1)
  })

  it('answers for other companies while many calls wait for one', async () => {
    const engine = await open()
    const [busy, companyId] = [await found(engine), await found(engine)]
    const taskId = await newTask(engine, busy)
    const holder = await lockTask(taskId)
    // More than there are connections.
    const calls = Array.from({ length: 12 }, () => engine.tasks.update({ taskId, title: 'Hot' }))
    const ended = Promise.allSettled(calls)
    await untilWaitingSteadily()
    const answer = watch(engine.companies.get({ companyId }))
    try {
      await until(
        () => answer.isSettled,
        (isSettled) => isSettled,
        patienceMs,
      )
    } finally {
      await holder.query('commit')
    }
    await ended
  })

  it('stops while another process hangs with a company locked', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const taskId = await newTask(engine, companyId, { assigneeAgentId: await hire(engine, companyId, { executionMode: 'auto' }) })
    const gate = gateAt('tasks.update.recorded')
    const hung = await openEngine({ probe: gate.probe })
    const update = hung.tasks.update({ taskId, title: 'Slow', priority: 'high' }).catch(() => undefined)
    await gate.reached
    await engine.start()
    await untilWaiting(1)
    const stopping = watch(engine.stop())
    await until(
      () => stopping.isSettled,
      (isStopped) => isStopped,
      stopWithinMs,
    )
    gate.open()
    await update
  }, 60_000)

  it('leaves no listening connection when it is stopped while it starts', async () => {
    const engine = await open()
    const starting = engine.start().catch(() => undefined)
    await engine.stop()
    await starting
    await untilNobodyListens()
  })

  it('leaves no listening connection when it was started twice', async () => {
    const engine = await open()
    await Promise.all([engine.start(), engine.start()])
    await engine.stop()
    await untilNobodyListens()
  })

  it('sweeps no lease that is being renewed', async () => {
    const engine = await open({ settings: { leaseMs: 50 } })
    const companyId = await found(engine)
    const run = await checkOut(engine, await newTask(engine, companyId), await hire(engine, companyId))
    await untilExpired(1)
    const gate = gateAt('runs.heartbeat.handled')
    const renewing = await openEngine({ probe: gate.probe, settings: { leaseMs: 60_000 } })
    const renewal = renewing.as(run).runs.heartbeat({ runId: run.id })
    await gate.reached
    const sweep = engine.runs.sweep({ runId: run.id })
    await untilWaiting(1)
    gate.open()
    await renewal
    expect((await sweep).status).toBe('running')
    expect((await engine.as(run).tasks.progress({ taskId: run.taskId, percent: 5 })).progress.percent).toBe(5)
  })
})

describe('the order of events', () => {
  it('is the order of the commits within a task, whichever transaction began first', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const taskId = await newTask(engine, companyId)
    await checkOut(engine, taskId, await hire(engine, companyId))
    const gate = gateAt('tasks.progress.begun')
    const slow = await openEngine({ probe: gate.probe })
    // Its key is written before it waits, so its transaction has the smaller number.
    const last = slow.tasks.progress({ taskId, percent: 90 }, { idempotencyKey: 'k' })
    await gate.reached
    const first = await engine.tasks.progress({ taskId, percent: 10 })
    gate.open()
    expect((await last).version).toBe(first.version + 1)
    const log = await until(
      () => engine.events.list({ companyId, limit: 100 }),
      (seen) => seen.items.filter((event) => event.type === 'task.progress_updated').length === 2,
    )
    const told = log.items.filter((event) => event.type === 'task.progress_updated')
    expect(told.map((event) => [event.entity.version, event.data['percent']])).toEqual([
      [first.version, 10],
      [first.version + 1, 90],
    ])
  })

  it('lets nobody who listens from now on miss what is being committed', async () => {
    const gate = gateAt('comments.create.recorded')
    const slow = await open({ probe: gate.probe })
    const companyId = await found(slow)
    const taskId = await newTask(slow, companyId)
    let looks = 0
    const sleep: typeof systemClock.sleep = async (ms, signal) => {
      looks += 1
      await systemClock.sleep(ms, signal)
    }
    const engine = await openEngine({ clock: { ...systemClock, sleep } })
    const late = slow.comments.create({ taskId, body: 'late' })
    await gate.reached
    // The newest event when the listener comes; that of the late comment has the smaller transaction number.
    await engine.comments.create({ taskId, body: 'soon' })
    const stop = new AbortController()
    const seen: string[] = []
    const listening = (async () => {
      for await (const events of engine.stream({ companyId, actor: board, after: 'latest', signal: stop.signal })) {
        seen.push(...events.map((event) => event.entity.id))
      }
    })()
    // It sleeps: it has taken its place.
    await until(
      () => looks,
      (count) => count > 0,
    )
    gate.open()
    const { id } = await late
    await until(
      () => seen,
      (ids) => ids.includes(id),
      patienceMs,
    ).finally(() => stop.abort())
    await listening
  })

  it('lets no client over the network miss it either', async () => {
    const gate = gateAt('comments.create.recorded')
    const slow = await open({ probe: gate.probe })
    const companyId = await found(slow)
    const taskId = await newTask(slow, companyId)
    const engine = await openEngine()
    const server = await serve({ engine, port: 0 })
    onTestFinished(() => server.close())
    const late = slow.comments.create({ taskId, body: 'late' })
    await gate.reached
    await engine.comments.create({ taskId, body: 'soon' })
    const stop = new AbortController()
    const seen: string[] = []
    const isOpen = Promise.withResolvers<void>()
    const listening = (async () => {
      const options = { signal: stop.signal, onState: () => isOpen.resolve() }
      const events = createClient({ url: server.url }).events.stream({ companyId, after: 'latest' }, options)
      for await (const event of events) seen.push(event.entity.id)
    })()
    await isOpen.promise
    gate.open()
    const { id } = await late
    await until(
      () => seen,
      (ids) => ids.includes(id),
      patienceMs,
    ).finally(() => stop.abort())
    await listening
  })
})

describe('a checkout in a batch', () => {
  it('is refused when its task got a blocker while it waited for the row', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const [taskId, blockerId] = [await newTask(engine, companyId), await newTask(engine, companyId)]
    const holder = await lockTask(taskId)
    const call = errorOf(engine.tasks.checkout({ taskId, agentId }))
    await untilWaiting(1)
    await holder.query('insert into engine.task_blockers (company_id, task_id, blocker_id) values ($1, $2, $3)', [
      companyId,
      taskId,
      blockerId,
    ])
    await holder.query('update engine.tasks set version = version + 1 where id = $1', [taskId])
    await holder.query('commit')
    expect((await call).code).toBe('task_blocked')
    expect(await rows('select 1 from engine.leases')).toEqual([])
    expect(await rows('select live_runs from engine.agents')).toEqual([{ live_runs: '0' }])
  })

  it('is refused when its agent was paused while it waited for the row', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const taskId = await newTask(engine, companyId)
    const holder = await lockTask(taskId)
    const call = errorOf(engine.tasks.checkout({ taskId, agentId }))
    await untilWaiting(1)
    await holder.query(`update engine.agents set status = 'paused', version = version + 1`)
    await holder.query('commit')
    expect((await call).code).toBe('agent_unavailable')
    expect(await rows('select live_runs from engine.agents')).toEqual([{ live_runs: '0' }])
  })

  it.each(['pause', 'archive'] as const)('starts nothing in a company after its %s was answered', async (verb) => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const taskId = await newTask(engine, companyId)
    const holder = await lockTask(taskId)
    const checkout = Promise.allSettled([engine.tasks.checkout({ taskId, agentId })])
    await untilWaiting(1)
    const change = engine.companies[verb]({ companyId })
    const changing = watch(change)
    await until(countWaiting, (count) => changing.isSettled || count >= 1)
    await holder.query('commit')
    await Promise.all([checkout, change])
    const told = await rows<{ type: string }>(
      `select type from engine.events where type in ('task.claimed', 'company.status_changed') order by seq`,
    )
    // Either it was refused, or it was first.
    expect(told.at(-1)?.type).toBe('company.status_changed')
  })

  it('takes back a run that was queued for somebody else while it waited', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const [ada, bob] = [await hire(engine, companyId), await hire(engine, companyId, { name: 'Bob' })]
    const taskId = await newTask(engine, companyId)
    const run = await checkOut(engine, taskId, ada)
    await engine.tasks.release({ taskId })
    await engine.tasks.assign({ taskId, agentId: null })
    const gate = gateAt('runs.retry.recorded')
    const slow = await openEngine({ probe: gate.probe })
    const retry = slow.runs.retry({ runId: run.id })
    await gate.reached
    const checkout = engine.tasks.checkout({ taskId, agentId: bob })
    await untilWaiting(1)
    gate.open()
    const queued = await retry
    await checkout
    expect((await engine.runs.get({ runId: queued.id })).status).toBe('cancelled')
  })

  it('touches no row of a company where its actor may do nothing', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const stranger: UserActor = { kind: 'user', id: 'stranger', roles: {} }
    const before = await rows('select xmin::text, ctid::text from engine.companies')
    expect((await errorOf(engine.as(stranger).tasks.create({ companyId, title: 'Mine?' }))).code).toBe('not_found')
    expect(await rows('select xmin::text, ctid::text from engine.companies')).toEqual(before)
  })
})

/** A pool of the host, which hears of each query before it is sent, and refuses it by throwing. */
function eavesdropped(hear: (client: pg.ClientBase, text: string) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: url })
  pools.push(pool)
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    const send = client.query.bind(client) as (...given: unknown[]) => unknown
    const query = (...given: unknown[]) => {
      const [what] = given
      try {
        hear(client, typeof what === 'string' ? what : String(Object(what).text))
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error('refused', { cause: error }))
      }
      return send(...given)
    }
    Object.assign(client, { query })
  })
  return pool
}

/** Breaks a connection as the network would. */
function cut(client: pg.ClientBase, code: string): void {
  const connection = Reflect.get(client, 'connection') as { stream: { destroy(error: Error): void } }
  connection.stream.destroy(Object.assign(new Error(`read ${code}`), { code }))
}

describe('a connection that breaks', () => {
  it('ends no process, whatever it was used for', async () => {
    url = await newDatabase()
    const unheard: string[] = []
    const told = Promise.withResolvers<void>()
    const pool = eavesdropped((client, text) => {
      // Without a listener, the error of a connection that breaks now would be thrown at the process.
      if (client.listenerCount('error') === 0) unheard.push(text)
      if (text.includes('pg_notify')) told.resolve()
    })
    const engine = await openEngine({ storage: postgres(pool) })
    await found(engine)
    await told.promise
    expect(unheard).toEqual([])
  })

  it.each(['ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH'])('under a batch leaves open what became of it (%s)', async (code) => {
    url = await newDatabase()
    const asked: pg.ClientBase[] = []
    const pool = eavesdropped((client, text) => {
      if (text.includes('jsonb_to_recordset')) asked.push(client)
    })
    const engine = await openEngine({ storage: postgres(pool) })
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const taskId = await newTask(engine, companyId)
    const holder = await connect()
    await holder.query('begin')
    await holder.query('select 1 from engine.agents for update')
    const call = engine.tasks.checkout({ taskId, agentId }).catch((error: unknown) => error)
    await untilWaiting(1)
    for (const client of asked) cut(client, code)
    const answer = await call
    await holder.query('commit')
    // The server did not notice, and went on.
    await until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === 'in_progress',
    )
    expect(answer).toMatchObject({ code: 'outcome_unknown' })
  })

  it('at its commit leaves nothing open on the pool', async () => {
    url = await newDatabase()
    let isArmed = false
    const pool = eavesdropped((client, text) => {
      if (!isArmed || text !== 'commit') return
      isArmed = false
      cut(client, 'ECONNRESET')
    })
    const engine = await openEngine({ storage: postgres(pool) })
    const companyId = await found(engine)
    isArmed = true
    expect((await errorOf(hire(engine, companyId))).code).toBe('outcome_unknown')
    await hire(engine, companyId, { name: 'Bob' })
    const open_ = await until(
      () => rows<{ count: number }>(`${others} and state like 'idle in transaction%'`),
      ([seen]) => seen?.count === 0,
      patienceMs,
    )
    expect(open_).toEqual([{ count: 0 }])
  })
})

describe('a batch that is too large for the server', () => {
  it('does not fail its calls, which are not', async () => {
    url = await newDatabase()
    // What 13 calls of createMany for 100 tasks of 230 kB get: a jsonb array holds at most 256 MB.
    const tooLarge = { code: '54000', message: 'total size of jsonb array elements exceeds the maximum of 268435455 bytes' }
    const pool = eavesdropped((_, text) => {
      if (text.includes('jsonb_to_recordset')) throw Object.assign(new Error(tooLarge.message), tooLarge)
    })
    const engine = await openEngine({ storage: postgres(pool) })
    const companyId = await found(engine)
    expect((await engine.tasks.create({ companyId, title: 'Small' })).title).toBe('Small')
  })
})

describe('a database with other defaults', () => {
  it('that would let a crash lose what was acknowledged is refused', async () => {
    url = await newDatabase()
    await setDefault('synchronous_commit', 'off')
    await expect(openEngine()).rejects.toThrow(/synchronous_commit is off.*Turn it on/)
  })
})

describe('commands that lock rows never wait for each other in a circle:', () => {
  it('tasks created together for several agents, and one for one of them', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const [ada, bob] = [await hire(engine, companyId), await hire(engine, companyId, { name: 'Bob' })]
    const holder = await connect()
    await holder.query('begin')
    await holder.query('select 1 from engine.agents where id = $1 for update', [bob])
    const one = newTask(engine, companyId, { assigneeAgentId: bob })
    await untilWaiting(1)
    const wishes = [ada, bob].map((assigneeAgentId) => ({ title: 'Write', assigneeAgentId }))
    const many = engine.tasks.createMany({ companyId, tasks: wishes })
    await untilWaiting(2)
    await holder.query('commit')
    await Promise.all([one, many])
    expect(await countDeadlocks()).toBe(0)
  })

  it('a run that ends, and a checkout of what waits for its task', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const blocker = await newTask(engine, companyId)
    const dependent = await newTask(engine, companyId, { blockedBy: [blocker] })
    const run = await checkOut(engine, blocker, agentId)
    const holder = await lockTask(dependent)
    const checkout = engine.tasks.checkout({ taskId: dependent, agentId }).catch(() => undefined)
    await untilWaiting(1)
    const report = engine.as(run).runs.report({ runId: run.id, outcome: { kind: 'done' } })
    await untilWaiting(2)
    await holder.query('commit')
    await Promise.all([checkout, report])
    expect(await countDeadlocks()).toBe(0)
  })

  it('a run that is handed back, and a checkout of its task', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const taskId = await newTask(engine, companyId)
    const run = await checkOut(engine, taskId, agentId)
    const holder = await lockTask(taskId)
    const checkout = engine.tasks.checkout({ taskId, agentId }).catch(() => undefined)
    await untilWaiting(1)
    const handBack = engine.as(run).runs.handBack({ runId: run.id, reason: 'stopping' })
    await untilWaiting(2)
    await holder.query('commit')
    await Promise.all([checkout, handBack])
    expect(await countDeadlocks()).toBe(0)
  })

  it('a task that gets a blocker, and checkouts of both', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const [blocker, dependent] = [await newTask(engine, companyId), await newTask(engine, companyId)]
    const holder = await lockTask(dependent)
    const update = engine.tasks.update({ taskId: dependent, blockedBy: [blocker] })
    await untilWaiting(1)
    const checkouts = [blocker, dependent].map((taskId) => engine.tasks.checkout({ taskId, agentId }))
    // In the batch the free one is taken and the other is left to its handler, which waits for its turn.
    await checkouts[0]
    await holder.query('commit')
    await Promise.allSettled([update, ...checkouts])
    expect(await countDeadlocks()).toBe(0)
  })

  it('a new task that waits for two, and checkouts of both', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const agentId = await hire(engine, companyId)
    const [older, newer] = [await newTask(engine, companyId), await newTask(engine, companyId)]
    const holder = await lockTask(newer)
    const created = newTask(engine, companyId, { blockedBy: [newer, older] })
    await untilWaiting(1)
    const checkouts = [older, newer].map((taskId) => engine.tasks.checkout({ taskId, agentId }))
    await untilWaiting(2)
    await holder.query('commit')
    await Promise.allSettled([created, ...checkouts])
    expect(await countDeadlocks()).toBe(0)
  })
})

describe('commands at the same moment', () => {
  it.each(['read committed', 'repeatable read'])('wake once who waited for two tasks that end together (default %s)', async (isolation) => {
    const engine = await open()
    const companyId = await found(engine)
    const one = await checkOut(engine, await newTask(engine, companyId), await hire(engine, companyId))
    const two = await checkOut(engine, await newTask(engine, companyId), await hire(engine, companyId, { name: 'Bob' }))
    const assigneeAgentId = await hire(engine, companyId, { name: 'Cid', executionMode: 'auto' })
    const taskId = await newTask(engine, companyId, { assigneeAgentId, blockedBy: [one.taskId, two.taskId] })
    await setDefault('default_transaction_isolation', isolation)
    const gate = gateAt('runs.report.recorded')
    const report = (reporting: Engine, run: RunActor) => reporting.as(run).runs.report({ runId: run.id, outcome: { kind: 'done' } })
    const first = report(await openEngine({ probe: gate.probe }), one)
    await gate.reached
    const second = report(await openEngine(), two)
    await untilWaiting(1)
    gate.open()
    await Promise.all([first, second])
    const { items } = await engine.runs.list({ companyId, taskId })
    expect(items).toMatchObject([{ status: 'queued', wakeReasons: ['blockers_resolved'] }])
  })

  it('found companies of one name, each with a prefix of its own', async () => {
    const engine = await open()
    const companies = await Promise.all(Array.from({ length: 6 }, () => engine.companies.create({ name: 'Acme' })))
    expect(new Set(companies.map((company) => company.taskPrefix)).size).toBe(6)
  })

  it('let an agent submit only what is still its own', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const [ada, bob] = [await hire(engine, companyId), await hire(engine, companyId, { name: 'Bob' })]
    const run = await checkOut(engine, await newTask(engine, companyId), ada)
    await engine.as(run).deliverables.submit({ taskId: run.taskId, title: 'One', content: 'one' })
    const gate = gateAt('tasks.assign.recorded')
    const slow = await openEngine({ probe: gate.probe })
    const assigning = slow.tasks.assign({ taskId: run.taskId, agentId: bob })
    await gate.reached
    const before: AgentActor = { kind: 'agent', id: ada, companyId }
    const submission = errorOf(engine.as(before).deliverables.submit({ taskId: run.taskId, title: 'Two', content: 'two' }))
    await untilWaiting(1)
    gate.open()
    await assigning
    expect((await submission).code).toBe('forbidden')
  })

  it('under one key have one effect and one answer', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const gate = gateAt('tasks.create.recorded')
    const slow = await openEngine({ probe: gate.probe })
    const first = slow.tasks.create({ companyId, title: 'Once' }, { idempotencyKey: 'k' })
    await gate.reached
    const second = engine.tasks.create({ companyId, title: 'Once' }, { idempotencyKey: 'k' })
    const different = errorOf(engine.tasks.create({ companyId, title: 'Twice' }, { idempotencyKey: 'k' }))
    await untilWaiting(2)
    gate.open()
    expect(JSON.stringify(await second)).toBe(JSON.stringify(await first))
    expect((await different).code).toBe('idempotency_mismatch')
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(1)
  })
})

describe('an older process', () => {
  it('goes on after a newer one added a column', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const taskId = await newTask(engine, companyId)
    // Often enough to be prepared.
    for (let times = 0; times < 4; times += 1) await engine.tasks.get({ taskId })
    for (let times = 0; times < 4; times += 1) await engine.tasks.update({ taskId, title: `Title ${times}` })
    await rows('alter table engine.tasks add column of_next_version text')
    expect((await engine.tasks.get({ taskId })).title).toBe('Title 3')
    expect((await engine.tasks.update({ taskId, title: 'After' })).title).toBe('After')
  })
})

describe('a task of createMany', () => {
  it('is there exactly when it was not refused, also when it waits for too many', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const first = await newTask(engine, companyId)
    await rows(
      `insert into engine.tasks (id, company_id, identifier, title, status, priority, required_capabilities, tags, acceptance_criteria,
          context, max_attempts, version, created_at, updated_at)
        select ('01890000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, company_id, 'ACM-' || (n + 1000), 'Link', 'todo', 2, '[]', '[]',
          '[]', '{}', 3, 1, now(), now() from engine.tasks, generate_series(1, 10001) n where id = $1`,
      [first],
    )
    await rows(
      `insert into engine.task_blockers (company_id, task_id, blocker_id)
        select company_id, id, ('01890000-0000-7000-8000-' || lpad((split_part(identifier, '-', 2)::int - 999)::text, 12, '0'))::uuid
        from engine.tasks where identifier <> 'ACM-11001' and title = 'Link'`,
    )
    const { items } = await engine.tasks.createMany({ companyId, tasks: [{ title: 'Last', blockedBy: ['ACM-1001'] }] })
    const created = items.filter((item) => item.status === 'created')
    expect(await rows(`select 1 from engine.tasks where title = 'Last'`)).toHaveLength(created.length)
    expect(await rows(`select 1 from engine.events where data ->> 'title' = 'Last'`)).toHaveLength(created.length)
  })
})

describe('values', () => {
  it('come back from a task as they were given', async () => {
    const engine = await open()
    const companyId = await found(engine)
    const context = { zebra: 1, ant: { second: 2, a: 1 }, b: [3, 1e21, -0.5, null, '\u00fc\ud83d\ude00'] }
    const taskId = await newTask(engine, companyId, { context })
    expect((await engine.tasks.get({ taskId })).context).toEqual(context)
  })
})

describe('a storage', () => {
  it.each(['pglite', 'postgres'])('of %s does not commit a transaction that failed', async (name) => {
    const storage = name === 'pglite' ? pglite() : postgres(await newDatabase())
    const db = new Kysely<Record<string, never>>({ dialect: storage.open().dialect })
    try {
      const commit = db.transaction().execute(async (tx) => {
        await sql`create table lost (id int)`.execute(tx)
        await sql`select 1 / 0`.execute(tx).catch(() => undefined)
      })
      await expect(commit).rejects.toMatchObject({ code: '25P02' })
    } finally {
      await db.destroy()
    }
  })
})
