import { afterEach, expect, it } from 'vitest'

import type { Scope } from '@engine/core'
import type { RunOutcome } from '@engine/core/plugin'
import { createFakeClock } from '@engine/testing'

import { board, createWorld, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

let world: World

afterEach(async () => {
  await world.engine.stop()
})

it('shows what a recount would show', async () => {
  world = await createWorld({ agentMode: 'manual' })
  const { engine, companyId, agentId } = world
  const tasks = await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 6 }, (_, index) => ({ title: `Task ${index}` })) })
  const ids = tasks.items.flatMap((item) => (item.status === 'created' ? [item.task.id] : []))
  await engine.tasks.create({ companyId, title: 'Later', status: 'backlog' })
  const [first = '', second = '', third = '', fourth = ''] = ids
  await engine.tasks.cancel({ taskId: first })
  for (const taskId of [second, third, fourth]) await engine.tasks.checkout({ taskId, agentId })
  await engine.tasks.complete({ taskId: second })
  await engine.deliverables.submit({ taskId: third, title: 'Done?', content: 'Look' })
  await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
  const approvals = []
  for (const subject of ['one', 'two', 'three'])
    approvals.push(await engine.approvals.request({ companyId, type: 'custom', subject, payload: {} }))
  await engine.approvals.cancel({ approvalId: approvals[0]?.id ?? '' })
  const ask = { kind: 'question', prompt: 'Why?' } as const
  await engine.interactions.ask({ taskId: fourth, ask })
  const answered = await engine.interactions.ask({ taskId: fourth, ask })
  await engine.interactions.answer({ interactionId: answered.id, text: 'Because.' })

  const dashboard = await engine.companies.dashboard({ companyId })
  expect(dashboard.tasks).toEqual({ backlog: 1, todo: 2, in_progress: 1, in_review: 1, blocked: 0, done: 1, cancelled: 1 })
  for (const [status, count] of Object.entries(dashboard.tasks)) {
    // Every status of a task is one that its list can be asked for.
    const listed = await engine.tasks.list({ companyId, status: status as keyof typeof dashboard.tasks })
    expect([status, listed.items.length]).toEqual([status, count])
  }
  expect(dashboard.agents).toEqual({ pending_approval: 0, idle: 1, running: 1, error: 0, paused: 0, terminated: 0 })
  expect(dashboard.liveRuns).toBe(2)
  expect(dashboard.pendingReviews).toEqual({ count: 1, isMore: false })
  expect(dashboard.pendingApprovals).toEqual({ count: 2, isMore: false })
  expect(dashboard.pendingInteractions).toEqual({ count: 1, isMore: false })
  expect(dashboard.openBreakers).toEqual({ count: 0, isMore: false })
  const log = await engine.events.list({ companyId, limit: 100 })
  expect(dashboard.activity).toEqual(log.items.toReversed().slice(0, 20))
})

it('shows a limited key neither events nor costs that it may not read, and how many there are of each', async () => {
  world = await createWorld({ agentMode: 'manual' })
  const { engine, companyId, agentId } = world
  await engine.tasks.create({ companyId, title: 'Count' })
  const shown = async (scopes: Scope[]) => {
    const { key } = await engine.keys.create({ agentId, name: 'limited', scopes: ['companies:read', ...scopes] })
    const { tasks, activity, spend } = await engine.as((await engine.authenticate(key)) ?? board).companies.dashboard({ companyId })
    return { todo: tasks.todo, hasActivity: activity.length > 0, hasSpend: spend !== null }
  }
  expect(await shown([])).toEqual({ todo: 1, hasActivity: false, hasSpend: false })
  expect(await shown(['events:read'])).toEqual({ todo: 1, hasActivity: true, hasSpend: false })
  expect(await shown(['costs:read'])).toEqual({ todo: 1, hasActivity: false, hasSpend: true })
})

it.each(['sqlite', 'postgres'])('shows what was spent in this month and in all, on %s', async (family) => {
  const clock = createFakeClock(Date.UTC(2026, 10, 30, 23, 30))
  world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', clock })
  const { engine, companyId, agentId } = world
  const spend = async () => (await engine.companies.dashboard({ companyId })).spend
  const report = async (taskId: string, costMicros: number, outcome: RunOutcome) => {
    const { credential } = await engine.tasks.checkout({ taskId, agentId })
    const actor = await engine.authenticate(credential ?? '')
    if (actor?.kind !== 'run') throw new Error('the credential of a checkout is that of a run')
    await engine.as(actor).runs.report({ runId: actor.id, outcome, usage: { costMicros } })
  }
  const newTask = async () => (await engine.tasks.create({ companyId, title: 'Work' })).id
  expect(await spend()).toEqual({ month: '2026-11', costMicros: 0, totalMicros: 0 })
  await report(await newTask(), 1_000, { kind: 'done' })
  const asked = await newTask()
  await report(asked, 200, { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Why?' } } })
  await report(await newTask(), 0, { kind: 'done' })
  expect(await spend()).toEqual({ month: '2026-11', costMicros: 1_200, totalMicros: 1_200 })

  await clock.advance(3_600_000)
  expect(await spend()).toEqual({ month: '2026-12', costMicros: 0, totalMicros: 1_200 })
  const [question] = (await engine.interactions.list({ companyId })).items
  await engine.interactions.answer({ interactionId: question?.id ?? '', text: 'Because.' })
  // The same run goes on, and what it costs from now on is of this month.
  await report(asked, 30, { kind: 'done' })
  await report(await newTask(), 4, { kind: 'failed', class: 'refused', message: 'no' })
  expect(await spend()).toEqual({ month: '2026-12', costMicros: 34, totalMicros: 1_234 })
  const { items } = await engine.runs.list({ companyId })
  expect(items.reduce((sum, { usage }) => sum + usage.costMicros, 0)).toBe(1_234)
})
