// What a checkout among many decides by when the facts change under it.
import pg from 'pg'
import { expect, inject, it, onTestFinished } from 'vitest'

import type { Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { until } from '@engine/testing'

import { watchStatements } from '../bench/lib/count-statements.ts'
import { createWorld, errorOf } from './support/engine.ts'
import { newDatabase } from './support/storages.ts'

async function open() {
  const url = await newDatabase()
  const { engine } = await createWorld({ storage: postgres(url), agentMode: 'manual' })
  onTestFinished(() => engine.stop())
  return { url, engine }
}

/** A company with a task that is assigned, so that a checkout of it is an ordinary one. */
async function newTask(engine: Engine, name: string) {
  const { id: companyId } = await engine.companies.create({ name })
  const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
  const task = await engine.tasks.create({ companyId, title: name, assigneeAgentId: agent.id })
  return { companyId, taskId: task.id }
}

it('goes by what is true when it takes the task, not when its statement began', async () => {
  const { url, engine } = await open()
  // The tasks of one statement are taken in the order of their ids, which is that of their creation.
  const [first, second] = [await newTask(engine, 'First'), await newTask(engine, 'Second')]
  const blocker = await engine.tasks.create({ companyId: second.companyId, title: 'Before it' })
  const holding = new pg.Client({ connectionString: url })
  const looking = new pg.Client({ connectionString: inject('postgresUrl') })
  await Promise.all([holding.connect(), looking.connect()])
  onTestFinished(async () => void (await Promise.all([holding.end(), looking.end()])))
  await holding.query('begin')
  await holding.query('select from engine.companies where id = $1 for update', [first.companyId])

  const checkout = ({ taskId }: { taskId: string }) => engine.tasks.checkout({ taskId })
  const calls = Promise.allSettled([checkout(first), errorOf(checkout(second))])
  await until(
    async () =>
      (await looking.query(`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%jsonb_to_recordset%'`)).rowCount,
    (waiting) => waiting === 1,
  )
  await engine.tasks.update({ taskId: second.taskId, blockedBy: [blocker.id] })
  await holding.query('commit')

  expect(await calls).toMatchObject([{ value: { task: { id: first.taskId, status: 'in_progress' } } }, { value: { code: 'task_blocked' } }])
  expect(await engine.tasks.get({ taskId: second.taskId })).toMatchObject({ status: 'todo', checkout: null })
})

it('takes back what is queued for another agent', async () => {
  const { engine } = await open()
  const { companyId, taskId } = await newTask(engine, 'Acme')
  const hire = (name: string) => engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted', executionMode: 'auto' })
  const [left, right] = [await hire('Left'), await hire('Right')]
  await engine.tasks.assign({ taskId, agentId: left.id })
  const [queued] = (await engine.runs.list({ companyId, taskId, status: 'queued' })).items
  await engine.tasks.assign({ taskId, agentId: null })
  // Nobody has the task now, and somebody asks the agent who had it to try again.
  const again = await engine.runs.retry({ runId: queued?.id ?? '' })
  expect(again).toMatchObject({ status: 'queued', agentId: left.id })
  await engine.tasks.checkout({ taskId, agentId: right.id })
  expect((await engine.runs.get({ runId: again.id })).status).toBe('cancelled')
})

it('answers for what takes effect while its engine is stopped, also when its labels are still to be read', async () => {
  const url = await newDatabase()
  const { engine } = await createWorld({ storage: postgres(url), agentMode: 'manual' })
  onTestFinished(() => engine.stop())
  const { companyId, taskId } = await newTask(engine, 'Labelled')
  await engine.labels.create({ companyId, name: 'Urgent' })
  await engine.tasks.update({ taskId, labels: ['Urgent'] })
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  onTestFinished(() => holder.end())
  await holder.query('begin')
  await holder.query('select from engine.agents for update')
  const checkout = engine.tasks.checkout({ taskId })
  await until(
    async () =>
      (await holder.query('select from pg_stat_activity where datname = current_database() and wait_event_type = $1', ['Lock'])).rowCount,
    (waiting) => (waiting ?? 0) > 0,
  )
  const stopping = engine.stop()
  await holder.query('commit')
  expect((await checkout).task).toMatchObject({ status: 'in_progress', labels: [{ name: 'Urgent' }] })
  await stopping
})

it('never says of what took effect that it did not, when its labels can not be read afterwards', async () => {
  let fails = false
  const before = async ({ sql }: { sql: string }) => {
    if (fails && sql.includes('task_labels')) throw Object.assign(new Error('too many connections'), { code: '53300' })
  }
  const { engine } = await createWorld({ storage: watchStatements(postgres(await newDatabase()), { before }), agentMode: 'manual' })
  onTestFinished(() => engine.stop())
  const { companyId, taskId } = await newTask(engine, 'Labelled')
  const { name } = await engine.labels.create({ companyId, name: 'Urgent' })
  await engine.tasks.update({ taskId, labels: [name] })
  const unfinished = async (call: () => Promise<unknown>) => {
    fails = true
    const { code } = await errorOf(call())
    fails = false
    return code
  }
  expect(await unfinished(() => engine.tasks.update({ taskId, title: 'Renamed' }))).toBe('outcome_unknown')
  expect(await engine.tasks.get({ taskId })).toMatchObject({ title: 'Renamed', labels: [{ name }] })
  const [agent] = (await engine.agents.list({ companyId })).items
  const own = engine.as({ kind: 'agent', id: agent?.id ?? '', companyId })
  // All of it is one transaction, which takes nothing when it fails.
  expect(await unfinished(() => own.tasks.next())).toBe('unavailable')
  expect(await engine.tasks.get({ taskId })).toMatchObject({ status: 'todo' })
  expect(await unfinished(() => engine.tasks.checkout({ taskId }))).toBe('outcome_unknown')
  expect(await engine.tasks.get({ taskId })).toMatchObject({ status: 'in_progress', labels: [{ name }] })
})
