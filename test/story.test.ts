import { join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { board, createWorld, errorOf, until, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

let world: World

afterEach(async () => {
  await world.engine.stop()
})

const newTask = (more: object = {}) => world.engine.tasks.create({ companyId: world.companyId, title: 'Write', ...more })
const taskStatus = (taskId: string) => world.engine.tasks.get({ taskId }).then((task) => task.status)
const runsOf = async (taskId: string) => (await world.engine.runs.list({ companyId: world.companyId, taskId })).items

describe('work', () => {
  it('comes back to its agent with the feedback when a revision is asked for, and the version before is kept', async () => {
    world = await createWorld()
    const { engine, adapter, companyId, agentId } = world
    const seen: unknown[] = []
    adapter.script = async ({ context, emit }) => {
      seen.push(context.feedback)
      await emit({ type: 'deliverable', title: 'Draft', content: `version ${context.feedback.length + 1}` })
      return { kind: 'needs_review' }
    }
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    const versions = async () => (await engine.deliverables.list({ companyId, taskId: task.id })).items
    await until(versions, (items) => items.length === 1)
    await until(
      () => runsOf(task.id),
      (runs) => runs.every((run) => run.status === 'succeeded'),
    )
    const review = { deliverableId: (await versions())[0]?.id ?? '', decision: 'revision_requested' } as const
    expect(await errorOf(engine.as(board).deliverables.review(review))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('feedback'),
    })
    await engine.as(board).deliverables.review({ ...review, feedback: 'shorter' })
    expect((await until(versions, (items) => items.length === 2)).map((item) => [item.number, item.status])).toEqual([
      [1, 'revised'],
      [2, 'pending'],
    ])
    expect(seen).toEqual([[], [{ version: 1, decision: 'revision_requested', feedback: 'shorter' }]])
    expect(await errorOf(engine.as(board).deliverables.review({ ...review, decision: 'approved' }))).toMatchObject({
      code: 'illegal_transition',
    })
  })

  it('stops at a broken agent, which starts nothing more until somebody resumes it', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = async () => ({ kind: 'failed', class: 'auth', message: 'the key was refused' })
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'blocked',
    )
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'error', errorMessage: 'the key was refused' })
    const waiting = await newTask({ title: 'Wait', assigneeAgentId: agentId })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await runsOf(waiting.id)).toMatchObject([{ status: 'queued' }])
    adapter.script = async () => ({ kind: 'done' })
    await engine.agents.resume({ agentId })
    await until(
      () => taskStatus(waiting.id),
      (status) => status === 'done',
    )
  })

  it('goes on with a broken agent as soon as it is configured anew', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = async () => ({ kind: 'failed', class: 'config', message: 'no such program' })
    await engine.start()
    await newTask({ assigneeAgentId: agentId })
    await until(
      () => engine.agents.get({ agentId }),
      (agent) => agent.status === 'error',
    )
    const waiting = await newTask({ assigneeAgentId: agentId })
    adapter.script = async () => ({ kind: 'done' })
    await engine.agents.update({ agentId, title: 'Still broken' })
    expect((await engine.agents.get({ agentId })).status).toBe('error')
    await engine.agents.update({ agentId, adapterConfig: {} })
    await until(
      () => taskStatus(waiting.id),
      (status) => status === 'done',
    )
  })

  it('ends as failed when the adapter itself breaks, and the host goes on', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = async () => {
      throw new Error('a defect of the adapter')
    }
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId, maxAttempts: 1 })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'blocked',
    )
    expect(await runsOf(task.id)).toMatchObject([{ status: 'failed', errorClass: 'unknown', errorMessage: 'a defect of the adapter' }])
  })
})

describe('a host', () => {
  it('that stops with a command in flight answers it, and refuses later ones clearly', async () => {
    for (let ticks = 0; ticks < 12; ticks += 1) {
      world = await createWorld({ storage: sqlite(join(temporaryFolder(), 'engine.db')) })
      const inFlight = newTask().then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
      await world.engine.stop()
      expect(['done', 'unavailable']).toContain(await inFlight)
      expect(await errorOf(newTask())).toMatchObject({ code: 'unavailable' })
      expect(await errorOf(world.engine.start())).toMatchObject({ code: 'unavailable' })
    }
  })

  it.each([
    ['when it had its time', { abandonMs: 20 }],
    ['when stopping may not take so long', { stopMs: 21 }],
  ])('gives up on an adapter that does not stop, and hands its run back, %s', async (_, settings) => {
    world = await createWorld({ settings: { stopGraceMs: 1, ...settings }, storage: sqlite(join(temporaryFolder(), 'engine.db')) })
    const { engine, adapter, agentId } = world
    adapter.script = () => new Promise(() => undefined)
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'in_progress',
    )
    const ended = new Promise<string>((resolve) => engine.on('run.cancelled', (event) => resolve(event.data.reason)))
    await engine.stop()
    expect(await ended).toBe('host_stopping')
  })

  it('keeps what was finished while it stopped', async () => {
    world = await createWorld({ settings: { stopGraceMs: 1 } })
    const { engine, adapter, agentId } = world
    adapter.script = ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'done' })))
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    await until(
      () => adapter.turns.length,
      (turns) => turns === 1,
    )
    const completed = new Promise<string>((resolve) => engine.on('task.completed', (event) => resolve(event.entity.id)))
    await engine.stop()
    expect(await completed).toBe(task.id)
  })

  it('is not brought down by an adapter that emits without waiting, or ends with an outcome that is none', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = async ({ emit }) => {
      void emit({ type: 'comment', body: '' })
      void emit({ type: 'log', stream: 'stdout', text: '' })
      return { kind: 'blocked', reason: '' }
    }
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'blocked',
    )
    expect(await runsOf(task.id)).toMatchObject([
      { status: 'failed', errorClass: 'bad_request', errorMessage: expect.stringContaining('an outcome that is none') },
    ])
  })

  it('leaves the event loop its turns, however busy its callers are', async () => {
    world = await createWorld()
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 1)
    const until = performance.now() + 200
    while (performance.now() < until) await world.engine.tasks.list({ companyId: world.companyId })
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(3)
  })
})

describe('a person', () => {
  it('who ends a task without a review takes its deliverable out of the queue', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const { engine, agentId, companyId } = world
    for (const end of [engine.tasks.complete, engine.tasks.cancel]) {
      const task = await newTask({ assigneeAgentId: agentId })
      await engine.tasks.checkout({ taskId: task.id })
      await engine.deliverables.submit({ taskId: task.id, title: 'Draft', content: 'x' })
      await end({ taskId: task.id })
      expect((await engine.deliverables.list({ companyId, status: 'pending' })).items).toEqual([])
    }
  })

  it('pauses an agent, which stops its runs; resuming starts what is open', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'done' })))
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    await until(
      () => engine.agents.get({ agentId }),
      (agent) => agent.status === 'running',
    )
    expect(await engine.agents.pause({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'manual' })
    expect(await taskStatus(task.id)).toBe('todo')
    adapter.script = async () => ({ kind: 'done' })
    await engine.agents.resume({ agentId })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'done',
    )
  })

  it('retries what was blocked', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = async () => ({ kind: 'failed', class: 'refused', message: 'no' })
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'blocked',
    )
    adapter.script = async () => ({ kind: 'done' })
    const [failed] = await runsOf(task.id)
    const retry = await engine.as(board).runs.retry({ runId: failed?.id ?? '' })
    expect(retry).toMatchObject({ status: 'queued', retryOf: failed?.id, attempt: 2 })
    await until(
      () => taskStatus(task.id),
      (status) => status === 'done',
    )
  })
})

describe('a retry of somebody', () => {
  it('is one run, and no more, where the attempts of the task are used up', async () => {
    world = await createWorld()
    const { engine, adapter, agentId } = world
    adapter.script = async () => ({ kind: 'failed', class: 'transient', message: 'no' })
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId, maxAttempts: 2 })
    const isBlocked = () =>
      until(
        () => taskStatus(task.id),
        (status) => status === 'blocked',
      )
    await isBlocked()
    const last = (await runsOf(task.id)).find(({ attempt }) => attempt === 2)
    await engine.runs.retry({ runId: last?.id ?? '' })
    await isBlocked()
    expect((await runsOf(task.id)).map(({ attempt }) => String(attempt)).toSorted()).toEqual(['1', '2', '2'])
    expect(adapter.turns).toHaveLength(3)
  })
})

describe('a revision', () => {
  it('can be given to somebody else, who is woken with the feedback', async () => {
    world = await createWorld()
    const { engine, adapter, agentId, companyId } = world
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    adapter.script = async ({ context, emit }) => {
      await emit({
        type: 'deliverable',
        title: 'Draft',
        content: `${context.agent.name}, asked: ${context.feedback.at(-1)?.feedback ?? 'nothing'}`,
      })
      return { kind: 'needs_review' }
    }
    await engine.start()
    const task = await newTask({ assigneeAgentId: agentId })
    const pending = async () => (await engine.deliverables.list({ companyId, status: 'pending' })).items[0]
    const first = await until(pending, (item) => item !== undefined)
    await until(
      () => runsOf(task.id),
      (runs) => runs[0]?.status === 'succeeded',
    )
    await engine.agents.pause({ agentId })
    await engine.as(board).deliverables.review({ deliverableId: first?.id ?? '', decision: 'revision_requested', feedback: 'shorter' })
    expect(await taskStatus(task.id)).toBe('todo')
    await engine.tasks.assign({ taskId: task.id, agentId: other.id })
    const second = await until(pending, (item) => item !== undefined)
    expect((await engine.deliverables.get({ deliverableId: second?.id ?? '' })).content).toBe('Bob, asked: shorter')
  })
})

describe('a queued run', () => {
  it('of an agent that is not the assignee takes no place and never starts', async () => {
    world = await createWorld({ settings: { maxConcurrentRuns: 1 } })
    const { engine, agentId, companyId, adapter } = world
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
    adapter.script = async () => ({ kind: 'failed', class: 'refused', message: 'no' })
    await engine.start()
    const stuck = await newTask({ priority: 'critical', assigneeAgentId: agentId })
    await until(
      () => taskStatus(stuck.id),
      (status) => status === 'blocked',
    )
    await engine.tasks.assign({ taskId: stuck.id, agentId: other.id })
    const [failed] = await runsOf(stuck.id)
    const retried = await engine.runs.retry({ runId: failed?.id ?? '' })
    expect(retried.agentId).toBe(other.id)
    adapter.script = async () => ({ kind: 'done' })
    const free = await newTask({ priority: 'low', assigneeAgentId: agentId })
    await until(
      () => taskStatus(free.id),
      (status) => status === 'done',
    )
  })

  it('follows its agent when that begins or stops working by itself, and the priority of its task', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const { engine, agentId } = world
    const task = await newTask({ assigneeAgentId: agentId, priority: 'low' })
    expect(await runsOf(task.id)).toEqual([])
    await engine.agents.update({ agentId, executionMode: 'auto' })
    expect((await runsOf(task.id)).map((run) => run.status)).toEqual(['queued'])
    const urgent = await newTask({ assigneeAgentId: agentId, priority: 'low' })
    await engine.tasks.update({ taskId: urgent.id, priority: 'critical' })
    const order: string[] = []
    engine.on('task.completed', (event) => void order.push(event.entity.id))
    await engine.agents.update({ agentId, maxConcurrentRuns: 1 })
    await engine.start()
    await until(
      () => order,
      (seen) => seen.length === 2,
    )
    expect(order).toEqual([urgent.id, task.id])
    const waiting = await newTask({ assigneeAgentId: agentId, status: 'backlog' })
    await engine.companies.pause({ companyId: world.companyId })
    await engine.tasks.update({ taskId: waiting.id, status: 'todo' })
    await engine.agents.update({ agentId, executionMode: 'human' })
    expect((await runsOf(waiting.id)).map((run) => run.status)).toEqual(['cancelled'])
  })

  it('of an adapter that this process has not got is left to a process that has', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    world = await createWorld({ storage: sqlite(file) })
    const task = await newTask({ assigneeAgentId: world.agentId })
    const without = await createEngine({ storage: watched(sqlite(file)), settings: { pollMs: 10 } })
    await without.start()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await without.tasks.get({ taskId: task.id })).toMatchObject({ status: 'todo' })
    expect(await without.agents.get({ agentId: world.agentId })).toMatchObject({ status: 'idle' })
    await without.stop()
  })

  it('that cannot start takes no place from work that can', async () => {
    world = await createWorld({ settings: { maxConcurrentRuns: 1 } })
    const { engine, agentId, companyId } = world
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    for (let count = 0; count < 5; count += 1) await newTask({ title: 'Stuck', priority: 'critical', assigneeAgentId: agentId })
    await engine.agents.pause({ agentId })
    const task = await newTask({ title: 'Free', priority: 'low', assigneeAgentId: other.id })
    await engine.start()
    await until(
      () => taskStatus(task.id),
      (status) => status === 'done',
    )
  })
})
