import { createEngine, type Engine } from '@engine/core'

import { benchAdapter } from './adapter.ts'
import { newId } from './id.ts'
import { copies, readTemplate, type SeedTarget, type StoredRow } from './seed-target.ts'

/** A company of a given size: what there is much of, and what is rare in it. */
export interface CompanySeed {
  readonly companyId: string
  readonly agentIds: readonly string[]
  /** Tasks that nobody has and no run waits for. */
  readonly freeTaskIds: readonly string[]
  /** The one task that all comments and deliverables belong to. */
  readonly busyTaskId: string
  /** The task that has many children. */
  readonly parentTaskId: string
  /** Another company, with a handful of rows that lie behind all others. */
  readonly smallCompanyId: string
}

export interface CompanySize {
  /** Tasks that are ready, each with a queued run of its agent. */
  readonly queued: number
  readonly events: number
}

const agentCount = 200
const freeTasks = 200
/** Tasks that workers elsewhere have checked out, and keep. */
const running = 500
/** Of every so many queued tasks there is one that is done, one comment, one deliverable, one goal. */
const oneIn = { done: 10, child: 20, comment: 20, deliverable: 20, goal: 20 }
/** Tasks and runs of a status that is looked for and hardly ever found. */
const rare = 20

/** Fills an empty database: the engine makes one row of each kind, raw SQL copies it. */
export async function seedCompany(target: SeedTarget, size: CompanySize): Promise<CompanySeed> {
  const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter] })
  const made = await makeOneOfEach(engine)
  await engine.stop()
  const { companyId, busyTaskId } = made
  const agentIds = newIds(agentCount)
  await copyRows(target, { table: 'agents', id: made.agentId, count: agentCount }, (index) => ({
    id: agentIds[index],
    name: `Agent ${index + 1}`,
    max_concurrent_runs: 50,
  }))
  await copyRows(target, { table: 'goals', id: made.goalId, count: size.queued / oneIn.goal }, () => ({ id: newId(Date.now()) }))
  const queued = await copyWork(target, { made, agentIds, count: size.queued }, { task: { status: 'todo' }, run: { status: 'queued' } })
  const done = { task: { status: 'done' }, run: { status: 'succeeded' } }
  await copyWork(target, { made, agentIds, count: size.queued / oneIn.done }, done)
  await copyWork(target, { made, agentIds, count: rare }, { task: { status: 'blocked' }, run: { status: 'failed' } })
  await copyRunning(target, { made, agentIds, count: running })
  const freeTaskIds = newIds(freeTasks)
  await copyTasks(target, { made, ids: freeTaskIds }, () => ({ status: 'todo' }))
  const parentTaskId = queued[0] ?? busyTaskId
  const children = newIds(size.queued / oneIn.child)
  await copyTasks(target, { made, ids: children }, () => ({ status: 'backlog', parent_id: parentTaskId }))
  await copyRows(target, { table: 'comments', id: made.commentId, count: size.queued / oneIn.comment }, () => ({ id: newId(Date.now()) }))
  await copyRows(target, { table: 'deliverables', id: made.deliverableId, count: size.queued / oneIn.deliverable }, (index) => ({
    id: newId(Date.now()),
    number: index + 2,
    status: 'superseded',
  }))
  await copyEvents(target, { eventId: made.eventId, taskIds: queued, count: size.events, busyTaskId })
  await recount(target)
  const again = await createEngine({ storage: target.storage, adapters: [benchAdapter] })
  const small = await makeOneOfEach(again)
  await again.stop()
  await target.refreshStatistics()
  return { companyId, agentIds, freeTaskIds, busyTaskId, parentTaskId, smallCompanyId: small.companyId }
}

interface Made {
  readonly companyId: string
  readonly agentId: string
  readonly goalId: string
  readonly busyTaskId: string
  readonly taskId: string
  readonly runId: string
  readonly commentId: string
  readonly deliverableId: string
  readonly eventId: string
}

async function makeOneOfEach(engine: Engine): Promise<Made> {
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const agent = await engine.agents.create({ companyId, name: 'Agent', role: 'bench', adapterType: benchAdapter.type })
  const goal = await engine.goals.create({ companyId, title: 'A goal' })
  const busy = await engine.tasks.create({ companyId, title: 'A task that much is said about' })
  const comment = await engine.comments.create({ taskId: busy.id, body: 'Said by the bench.' })
  const { run, credential } = await engine.tasks.checkout({ taskId: busy.id, agentId: agent.id })
  const actor = await engine.authenticate(credential ?? '')
  if (!actor) throw new Error('the engine does not know the credential that it gave')
  const working = engine.as(actor)
  const deliverable = await working.deliverables.submit({ taskId: busy.id, title: 'A deliverable', content: 'Made by the bench.' })
  await working.runs.report({ runId: run.id, outcome: { kind: 'done' } })
  const task = { title: 'A task in the queue', description: 'Written by the bench.', goalId: goal.id, assigneeAgentId: agent.id }
  const { id: taskId } = await engine.tasks.create({ companyId, ...task })
  const [queued] = (await engine.runs.list({ companyId, taskId })).items
  const created = (await engine.events.list({ companyId })).items.find((event) => event.type === 'task.created')
  if (!queued || !created) throw new Error('the engine wrote no run or no event to copy')
  const copied = { runId: queued.id, commentId: comment.id, deliverableId: deliverable.id, eventId: created.id }
  return { companyId, agentId: agent.id, goalId: goal.id, busyTaskId: busy.id, taskId, ...copied }
}

function newIds(count: number): string[] {
  return Array.from({ length: Math.ceil(count) }, () => newId(Date.now()))
}

async function copyRows(
  target: SeedTarget,
  from: { table: string; id: string; count: number },
  change: (index: number) => StoredRow,
): Promise<void> {
  const template = await readTemplate(target, from.table, from.id)
  await target.insert(from.table, copies(template, Math.ceil(from.count), change))
}

let identifiers = 0

async function copyTasks(
  target: SeedTarget,
  given: { made: Made; ids: readonly string[] },
  change: (index: number) => StoredRow,
): Promise<void> {
  const { made, ids } = given
  await copyRows(target, { table: 'tasks', id: made.taskId, count: ids.length }, (index) => {
    identifiers += 1
    return { assignee_agent_id: null, id: ids[index], identifier: `COPY-${identifiers}`, priority: index % 4, ...change(index) }
  })
}

interface Work {
  readonly made: Made
  readonly agentIds: readonly string[]
  readonly count: number
}

/** Tasks of all agents in turn, each with one run. @returns the tasks' ids */
async function copyWork(target: SeedTarget, work: Work, given: { task: StoredRow; run: StoredRow }): Promise<string[]> {
  const taskIds = newIds(work.count)
  await copyWorkOn(target, { ...work, taskIds, runIds: newIds(work.count) }, given)
  return taskIds
}

async function copyWorkOn(
  target: SeedTarget,
  work: Work & { taskIds: readonly string[]; runIds: readonly string[] },
  given: { task: StoredRow; run: StoredRow },
): Promise<void> {
  const { made, agentIds, taskIds, runIds } = work
  const agentOf = (index: number) => agentIds[index % agentIds.length]
  await copyTasks(target, { made, ids: taskIds }, (index) => ({ ...given.task, assignee_agent_id: agentOf(index) }))
  await copyRows(target, { table: 'runs', id: made.runId, count: runIds.length }, (index) => ({
    ...given.run,
    id: runIds[index],
    task_id: taskIds[index],
    agent_id: agentOf(index),
    priority: index % 4,
  }))
}

/** Work in progress, with its leases. */
async function copyRunning(target: SeedTarget, work: Work): Promise<void> {
  const { made, agentIds, count } = work
  const [taskIds, runIds] = [newIds(count), newIds(count)]
  await copyWorkOn(
    target,
    { ...work, taskIds, runIds },
    { task: { status: 'in_progress', fence: 1 }, run: { status: 'running', fence: 1 } },
  )
  const lease = { company_id: made.companyId, fence: 1, worker_id: 'elsewhere', expires_at: '2999-01-01T00:00:00.000Z' }
  const leases = copies(lease, count, (index) => ({
    run_id: runIds[index],
    task_id: taskIds[index],
    agent_id: agentIds[index % agentIds.length],
  }))
  await target.insert('leases', leases)
}

/** Most events are of any task in turn, one in ten of the busy one. */
async function copyEvents(
  target: SeedTarget,
  given: { eventId: string; taskIds: readonly string[]; busyTaskId: string; count: number },
): Promise<void> {
  const { eventId, taskIds, busyTaskId, count } = given
  await copyRows(target, { table: 'events', id: eventId, count }, (index) => ({
    id: newId(Date.now()),
    entity_id: index % 10 === 0 ? busyTaskId : taskIds[index % taskIds.length],
  }))
}

const statuses = ['backlog', 'todo', 'in_progress', 'in_review', 'blocked', 'done', 'cancelled']

/** The counts of what was not written by the engine. */
export async function recount(target: SeedTarget): Promise<void> {
  const [agents, leases] = [target.table('agents'), target.table('leases')]
  await target.run(`update ${agents} set live_runs = (select count(*) from ${leases} where ${leases}.agent_id = ${agents}.id)`)
  const counters = target.table('company_counters')
  await target.run(`delete from ${counters}`)
  await target.run(`insert into ${counters} (company_id, shard, ${statuses.join(', ')})
    select company_id, 0, ${statuses.map((status) => `count(*) filter (where status = '${status}')`).join(', ')}
    from ${target.table('tasks')} group by company_id`)
}
