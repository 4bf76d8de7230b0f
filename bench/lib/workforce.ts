import { createEngine, type Engine, type Storage } from '@engine/core'

import { benchAdapter } from './adapter.ts'
import { callersVariant, prepared } from './callers.ts'
import type { Consumer, Consuming } from './consumer.ts'
import { newId } from './id.ts'
import { recount } from './seed-company.ts'
import { copies, readTemplate, type SeedTarget, type StoredRow } from './seed-target.ts'
import { unhurried } from './units.ts'

/** So many that callers seldom meet at one agent's row. */
const agentCount = 64
const slots = 50

/** A company whose agents have nothing to do until they are given something. */
export interface Workforce {
  readonly target: SeedTarget
  readonly companyId: string
  readonly agentIds: readonly string[]
  /** Adds tasks of all agents in turn, each with a queued run. */
  addRuns(count: number): Promise<void>
  /** Adds tasks of nobody. */
  addTasks(count: number): Promise<void>
}

/** Makes an empty database one with a workforce: the engine makes one row of each kind, raw SQL copies it. */
export async function seedWorkforce(target: SeedTarget): Promise<Workforce> {
  const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter] })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const agent = await engine.agents.create({ companyId, name: 'Agent', role: 'bench', adapterType: benchAdapter.type })
  const content = { title: 'A task that waits', description: 'Written by the bench.' }
  const task = await engine.tasks.create({ companyId, ...content, assigneeAgentId: agent.id })
  const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
  if (!run) throw new Error('the engine queued no run to copy')
  await engine.stop()
  const agentRow = { ...(await readTemplate(target, 'agents', agent.id)), max_concurrent_runs: slots }
  const taskRow = await readTemplate(target, 'tasks', task.id)
  const runRow = await readTemplate(target, 'runs', run.id)
  const agentIds = Array.from({ length: agentCount }, () => newId(Date.now()))
  await target.insert(
    'agents',
    copies(agentRow, agentCount, (index) => ({ id: agentIds[index], name: `Agent ${index + 1}` })),
  )
  // What it has served for.
  await target.run(`delete from ${target.table('runs')}`)
  await target.run(`update ${target.table('tasks')} set status = 'backlog'`)
  let identifiers = 0
  async function copyTasks(count: number, change: (index: number) => StoredRow): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId(Date.now()))
    const copied = copies(taskRow, count, (index) => {
      identifiers += 1
      return { id: ids[index], identifier: `COPY-${identifiers}`, ...change(index) }
    })
    await target.insert('tasks', copied)
    return ids
  }
  async function settle() {
    await recount(target)
    await target.refreshStatistics()
  }
  const agentOf = (index: number) => agentIds[index % agentCount]
  return {
    target,
    companyId,
    agentIds,
    async addRuns(count) {
      const taskIds = await copyTasks(count, (index) => ({ assignee_agent_id: agentOf(index) }))
      const changed = (index: number) => ({ id: newId(Date.now()), task_id: taskIds[index], agent_id: agentOf(index) })
      await target.insert('runs', copies(runRow, count, changed))
      await settle()
    },
    async addTasks(count) {
      await copyTasks(count, () => ({ assignee_agent_id: null }))
      await settle()
    },
  }
}

interface WorkerOptions {
  readonly name: string
  readonly storage: Storage
  /** How many it executes at once. */
  readonly concurrency: number
  readonly pollMs?: number
  readonly serverCpuUs?: () => number | null
}

/** An engine that executes runs: it claims each, reads its context, starts its adapter, and settles what that answers. */
export function runsConsumer(workforce: Workforce, options: WorkerOptions): Consumer {
  const { name, serverCpuUs } = options
  let engine: Engine | undefined
  return {
    name,
    ...(serverCpuUs && { serverCpuUs }),
    add: (count) => workforce.addRuns(count),
    async start(onDone) {
      engine = await openWorker(options, onDone)
      await engine.start()
    },
    stop: async () => engine?.stop(),
  }
}

/** The same as one process that goes on: between the rounds it has nothing to do, and its connections stay as they are. */
export function lastingRunsConsumer(workforce: Workforce, options: WorkerOptions): Consumer & { close(): Promise<void> } {
  const { name, serverCpuUs } = options
  const [agentId] = workforce.agentIds
  let engine: Engine | undefined
  return {
    name,
    ...(serverCpuUs && { serverCpuUs }),
    add: (count) => workforce.addRuns(count),
    async start(onDone) {
      if (!engine) {
        engine = await openWorker(options, onDone)
        return engine.start()
      }
      // Nobody told it of what was added by raw SQL; an event about an agent does.
      const { version, title } = await engine.agents.get({ agentId: agentId ?? '' })
      await engine.agents.update({ agentId: agentId ?? '', version, title: `${title ?? ''}.`.slice(-20) })
    },
    stop: () => Promise.resolve(),
    close: async () => engine?.stop(),
  }
}

async function openWorker(given: WorkerOptions, onDone: (count: number) => void): Promise<Engine> {
  const { storage, concurrency, pollMs = unhurried.pollMs } = given
  const settings = { ...unhurried, pollMs, maxConcurrentRuns: concurrency }
  const engine = await createEngine({ storage, adapters: [benchAdapter], settings })
  engine.on('run.succeeded', () => onDone(1))
  return engine
}

/** Agents that ask for their next task and say that it is done, each again and again. */
export function pullingAgents(
  workforce: Workforce,
  { engine, ...options }: Omit<WorkerOptions, 'storage' | 'pollMs'> & { engine: Engine },
): Consuming {
  const { companyId, agentIds } = workforce
  const tally = { added: 0, done: 0 }
  const variant = callersVariant({
    ...options,
    callers: options.concurrency,
    async call(_, caller) {
      const agentId = prepared(agentIds, caller)
      const { run } = await engine.as({ kind: 'agent', id: agentId, companyId }).tasks.next()
      if (!run) return
      const { id, taskId, fence } = run
      const working = engine.as({ kind: 'run', id, companyId, agentId, taskId, fence: fence ?? 0 })
      await working.runs.report({ runId: id, outcome: { kind: 'done' } })
      tally.done += 1
    },
  })
  return {
    ...variant,
    tally,
    async prepare(operations) {
      await workforce.addTasks(operations)
      tally.added += operations
    },
  }
}

/** What is not as it should be after so many tasks were added and done. */
export async function workProblems({ target }: Workforce, added: number): Promise<string[]> {
  const events = (type: string) => `(select count(*) from ${target.table('events')} where type = '${type}')`
  const runEvents = (type: string) => `(select count(distinct entity_id) from ${target.table('events')} where type = '${type}')`
  const runs = (status: string) => `(select count(*) from ${target.table('runs')} where status = '${status}')`
  const [counts] = await target.read(`select
    (select count(*) from ${target.table('tasks')} where status = 'done') as done, ${runs('succeeded')} as succeeded,
    ${events('run.started')} as started, ${runEvents('run.started')} as runs_started,
    ${events('run.succeeded')} as ended, ${runEvents('run.succeeded')} as runs_ended,
    (select sum(done) from ${target.table('company_counters')}) as counted,
    (select count(*) from ${target.table('leases')}) as leases, (select sum(live_runs) from ${target.table('agents')}) as live`)
  const { leases, live, ...full } = counts ?? {}
  const wrong = Object.entries(full).filter(([, count]) => Number(count) !== added)
  const open = Object.entries({ leases, live }).filter(([, count]) => Number(count) !== 0)
  return [...wrong, ...open].map(([what, count]) => `${added} tasks were added, but ${String(count)} ${what}`)
}
