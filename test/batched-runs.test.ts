// Claims, reports and `next` of many at once, which on Postgres are statements of their own: they do what one alone does.
import pg from 'pg'
import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { systemActor, type Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { until } from '@engine/testing'

import { recordStatements } from '../bench/lib/record-statements.ts'
import { createWorld, type World } from './support/engine.ts'
import { newDatabase, newStorage } from './support/storages.ts'

type Run = Awaited<ReturnType<Engine['runs']['retry']>>

async function open(storageName: 'sqlite' | 'postgres') {
  const recording = recordStatements(await newStorage(storageName))
  const world = await createWorld({ storage: recording.storage })
  onTestFinished(() => world.engine.stop())
  return { ...world, recording }
}

/** The same text for the same things: ids by the order in which they appear, and no times. */
function anonymous(value: unknown): unknown {
  const names = new Map<string, string>()
  const text = JSON.stringify(value)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      const name = names.get(id) ?? `id ${names.size + 1}`
      names.set(id, name)
      return name
    })
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time')
  return JSON.parse(text)
}

const claim = async (engine: Engine, runId: string) => {
  const answer = await engine.execute('runs.claim', { input: { runId, workerId: 'a worker' }, actor: systemActor })
  // The registry's answer to runs.claim.
  return answer as { run: Run; credential: string }
}

const asRun = (engine: Engine, { id, companyId, agentId, taskId, fence }: Run) =>
  engine.as({ kind: 'run', id, companyId, agentId, taskId, fence: fence ?? 0 })

async function queuedRun({ engine, companyId }: Pick<World, 'engine' | 'companyId'>, agentId: string) {
  const task = await engine.tasks.create({ companyId, title: 'A task', assigneeAgentId: agentId })
  const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
  return { taskId: task.id, runId: run?.id ?? '' }
}

describe('a claim and the report of its run', () => {
  async function story(storageName: 'sqlite' | 'postgres') {
    const { engine, companyId, agentId, recording } = await open(storageName)
    const { taskId, runId } = await queuedRun({ engine, companyId }, agentId)
    let claimed: Run | undefined
    let reported: Run | undefined
    const published: unknown[] = []
    for (const type of ['task.claimed', 'run.started', 'run.succeeded', 'task.status_changed', 'task.completed'] as const)
      engine.on(type, ({ seq: _seq, ...event }) => void published.push(event))
    const sent = await recording.during(async () => {
      claimed = (await claim(engine, runId)).run
      reported = await asRun(engine, claimed).runs.report({ runId, outcome: { kind: 'done', summary: 'It works.' } })
    })
    const events = (await engine.events.list({ companyId })).items.map(({ seq: _seq, ...event }) => event)
    const left = {
      claimed,
      reported,
      published,
      events,
      task: await engine.tasks.get({ taskId }),
      run: await engine.runs.get({ runId }),
      agent: await engine.agents.get({ agentId }),
      dashboard: (await engine.companies.dashboard({ companyId })).tasks,
    }
    return { left: anonymous(left), statements: sent.statements.length }
  }

  it('leave the same on Postgres, where they go together, as on SQLite', async () => {
    const [together, alone] = [await story('postgres'), await story('sqlite')]
    expect(together.left).toEqual(alone.left)
    // Two each: a look and a change. That is, none of them went the long way.
    expect(together.statements).toBe(4)
  })
})

describe('on Postgres', () => {
  it('many runs end at once, each once, whatever is special about some', async () => {
    const { engine, companyId, agentId } = await open('postgres')
    const queued = await Promise.all(Array.from({ length: 12 }, () => queuedRun({ engine, companyId }, agentId)))
    const runs = (await Promise.all(queued.map(({ runId }) => claim(engine, runId)))).map(({ run }) => run)
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'running'))
    expect(new Set(runs.map(({ fence, taskId }) => `${taskId} ${fence}`)).size).toBe(12)
    const [awaited, told] = runs
    const dependent = await engine.tasks.create({
      companyId,
      title: 'After it',
      assigneeAgentId: agentId,
      blockedBy: [awaited?.taskId ?? ''],
    })
    await engine.comments.create({ taskId: told?.taskId ?? '', body: 'One thing more, @Ada.' })
    const queuedBefore = await engine.runs.list({ companyId, taskId: told?.taskId ?? '', status: 'queued' })
    expect(queuedBefore.items).toHaveLength(1)

    const reports = [...runs, ...runs.slice(0, 3)].map((run) =>
      asRun(engine, run).runs.report({ runId: run.id, outcome: { kind: 'done' } }),
    )
    const answers = await Promise.allSettled(reports)
    const ended = answers.filter(({ status }) => status === 'fulfilled')
    expect(ended).toHaveLength(12)
    expect(answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []))).toEqual(Array(3).fill('lease_lost'))

    const { tasks } = await engine.companies.dashboard({ companyId })
    expect(tasks).toMatchObject({ done: 12, in_progress: 0 })
    expect((await engine.agents.get({ agentId })).status).toBe('idle')
    expect((await engine.runs.list({ companyId, taskId: dependent.id, status: 'queued' })).items).toMatchObject([
      { wakeReasons: ['blockers_resolved'] },
    ])
    expect((await engine.runs.list({ companyId, taskId: told?.taskId ?? '', status: 'queued' })).items).toEqual([])
    expect((await engine.verify()).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  })

  it('a run whose task somebody else has at the moment waits for it, and wakes the task that was made to wait meanwhile', async () => {
    const url = await newDatabase()
    const world = await createWorld({ storage: postgres(url) })
    const { engine, companyId, agentId } = world
    onTestFinished(() => engine.stop())
    const { taskId, runId } = await queuedRun(world, agentId)
    const { run } = await claim(engine, runId)
    const dependent = await engine.tasks.create({ companyId, title: 'After it', assigneeAgentId: agentId })
    const holding = new pg.Client({ connectionString: url })
    const looking = new pg.Client({ connectionString: inject('postgresUrl') })
    await Promise.all([holding.connect(), looking.connect()])
    onTestFinished(async () => void (await Promise.all([holding.end(), looking.end()])))
    // As a command does that names it as a blocker.
    await holding.query('begin')
    await holding.query('select from engine.tasks where id = $1 for share', [taskId])
    const reported = asRun(engine, run).runs.report({ runId, outcome: { kind: 'done' } })
    await until(
      async () => (await looking.query(`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%"tasks"%'`)).rowCount,
      (waiting) => waiting === 1,
    )
    await holding.query('insert into engine.task_blockers (company_id, task_id, blocker_id) values ($1, $2, $3)', [
      companyId,
      dependent.id,
      taskId,
    ])
    await holding.query('commit')
    expect(await reported).toMatchObject({ status: 'succeeded' })
    const [woken] = (await engine.runs.list({ companyId, taskId: dependent.id, status: 'queued' })).items
    expect(woken?.wakeReasons).toContain('blockers_resolved')
  })

  it('a run for which something is held of a budget that was removed meanwhile leaves nothing held', async () => {
    const world = await open('postgres')
    const { engine, companyId, agentId } = world
    const { runId } = await queuedRun(world, agentId)
    const { run } = await claim(engine, runId)
    const budget = await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 1_000 })
    const call = { runId, provider: 'any', model: 'any', inputTokens: 1, maxOutputTokens: 1 }
    await asRun(engine, run).budgets.reserve(call)
    await engine.budgets.remove({ budgetId: budget.id })
    await asRun(engine, run).runs.report({ runId, outcome: { kind: 'done' } })
    expect((await engine.verify()).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  })

  it('many agents ask for their next task at once: each gets its own first, else the most urgent that it is able for', async () => {
    const { engine, companyId } = await open('postgres')
    const hire = (name: string, capabilities: string[] = []) =>
      engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted', executionMode: 'polling', capabilities })
    const [owner, painter, plain, other] = await Promise.all([hire('Owner'), hire('Painter', ['paint']), hire('Plain'), hire('Other')])
    const create = (title: string, more: object) => engine.tasks.create({ companyId, title, ...more })
    await create('Anything', { priority: 'low' })
    await create('Paint', { priority: 'critical', requiredCapabilities: ['paint'] })
    await create('Urgent', { priority: 'high' })
    await create('Own', { priority: 'low', assigneeAgentId: owner.id })
    const next = ({ id }: { id: string }) => engine.as({ kind: 'agent', id, companyId }).tasks.next()
    const answers = await Promise.all([owner, painter, plain, other].map(next))
    expect(answers.map(({ task }) => task?.title)).toEqual(['Own', 'Paint', 'Urgent', 'Anything'])
    expect(await Promise.all([owner, plain].map(next))).toMatchObject([{ task: null }, { task: null }])
    expect(answers.map(({ run }) => run?.status)).toEqual(Array(4).fill('running'))
    expect((await engine.verify()).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  })

  it('one agent that asks several times at once gets as many tasks', async () => {
    const { engine, companyId } = await open('postgres')
    const { id } = await engine.agents.create({ companyId, name: 'Eve', role: 'writer', adapterType: 'scripted', executionMode: 'polling' })
    for (let index = 0; index < 3; index += 1) await engine.tasks.create({ companyId, title: `Task ${index}`, assigneeAgentId: id })
    await engine.tasks.create({ companyId, title: 'Task 3' })
    const eve = engine.as({ kind: 'agent', id, companyId })
    const answers = await Promise.all(Array.from({ length: 5 }, () => eve.tasks.next()))
    expect(answers.map(({ task }) => task?.title ?? null)).toEqual(['Task 0', 'Task 1', 'Task 2', 'Task 3', null])
  })
})
