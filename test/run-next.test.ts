import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, systemActor, type Storage } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { createWorld, errorOf, until } from './support/engine.ts'
import { openBreaker } from './support/breakers.ts'
import { temporaryFolder } from './support/files.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('what comes after a run, on %s', (database) => {
  async function open(retryBaseMs = 1, given?: Storage) {
    const storage = given ?? (await newStorage(database))
    const world = await createWorld({ storage, random: () => 1, settings: { pollMs: 20, sweepMs: 20, retryBaseMs } })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, adapter } = world
    adapter.script = async () => ({ kind: 'failed', class: 'transient', message: 'no paper' })
    const runsOf = async (taskId: string) => (await engine.runs.list({ companyId, taskId })).items
    return { ...world, storage, runsOf }
  }

  it('is told with class and message of the failure: the retry with its time, and in the end who can unblock the task', async () => {
    const { engine, companyId, agentId, runsOf } = await open()
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId, maxAttempts: 3 })
    await engine.start()
    const [first, second, third] = await until(
      () => runsOf(task.id),
      (runs) => runs.length === 3 && runs.every(({ status }) => status === 'failed'),
    )
    expect(first).toMatchObject({ errorClass: 'transient', errorMessage: 'no paper', next: { kind: 'followed', runId: third?.id } })
    expect(second).toMatchObject({ next: { kind: 'followed', runId: third?.id } })
    expect(third?.next).toMatchObject({
      kind: 'blocked',
      owner: 'operator',
      message: expect.stringContaining('3 of 3 attempts failed: no paper'),
    })
    expect(await engine.runs.get({ runId: third?.id ?? '' })).toEqual({ ...third, held: null })
  })

  it('is told while the retry waits, with what keeps it from starting as a checkout would say it', async () => {
    const { engine, companyId, agentId, runsOf } = await open(60_000)
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    await engine.start()
    const [failed, retry] = await until(
      () => runsOf(task.id),
      (runs) => runs.length === 2,
    )
    expect(failed?.next).toMatchObject({ kind: 'retry', runId: retry?.id, at: retry?.availableAt, code: null })
    expect(retry?.next).toMatchObject({ kind: 'starts', at: retry?.availableAt, code: null })
    await engine.companies.pause({ companyId })
    const refused = await errorOf(engine.tasks.checkout({ taskId: task.id }))
    const hindered = (subject: string) => ({ code: refused.code, message: `${subject} starts when this is over: ${refused.message}` })
    expect((await engine.runs.get({ runId: failed?.id ?? '' })).next).toMatchObject({ kind: 'retry', ...hindered('The next run') })
    expect((await engine.runs.get({ runId: retry?.id ?? '' })).next).toMatchObject({ kind: 'starts', ...hindered('It') })
  })

  it('is told while its provider is left alone, with until when', async () => {
    const { engine, companyId, agentId, runsOf } = await open()
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    const breakerId = await openBreaker(engine, { companyId, adapterType: 'scripted' })
    const [run] = await runsOf(task.id)
    const runId = run?.id ?? ''
    expect((await engine.runs.get({ runId })).next).toMatchObject({
      kind: 'starts',
      code: 'adapter_cooling',
      message: expect.stringContaining('is left alone'),
    })
    await engine.breakers.close({ breakerId })
    expect((await engine.runs.get({ runId })).next).toMatchObject({ kind: 'starts', code: null })
  })

  it('is told when nobody has the adapter that it is executed by', async () => {
    // Two engines see one file, and not one memory.
    const onFile = database === 'sqlite' ? sqlite(join(temporaryFolder(), 'engine.db')) : undefined
    const { engine, storage, companyId, agentId, runsOf } = await open(1, onFile)
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    const [run] = await runsOf(task.id)
    // As after a start without the plugin that brought it.
    const without = await createEngine({ storage, settings: { pollMs: 20 } })
    onTestFinished(() => without.stop())
    await without.start()
    const next = async () => (await without.runs.get({ runId: run?.id ?? '' })).next
    expect(await next()).toMatchObject({
      kind: 'starts',
      code: 'rule_violated',
      message: expect.stringMatching(/No worker that takes runs has the adapter scripted of Ada. Start one that has it/),
    })
    const workerId = crypto.randomUUID()
    const described = { workerId, name: 'north', host: 'north', pid: 1, engineVersion: '1', adapters: ['scripted'], capacity: 1 }
    await without.execute('workers.register', { input: described, actor: systemActor })
    expect(await next()).toMatchObject({ kind: 'starts', code: null })
    await without.workers.drain({ workerId })
    expect(await next()).toMatchObject({ code: 'rule_violated' })
  })

  it('is told of a run that the agent began by its key, with the run that was queued before it', async () => {
    const { engine, companyId, agentId, runsOf } = await open()
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    const [queued] = await runsOf(task.id)
    const { run } = await engine.as({ kind: 'agent', id: agentId, companyId }).tasks.next()
    const [runId, fence] = [run?.id ?? '', run?.fence ?? 0]
    const worker = engine.as({ kind: 'run', id: runId, companyId, agentId, taskId: task.id, fence })
    await worker.runs.report({ runId, outcome: { kind: 'failed', class: 'transient', message: 'no paper' } })
    const retry = { kind: 'retry', runId: queued?.id }
    expect((await engine.runs.get({ runId })).next).toMatchObject(retry)
    const [first, second] = await runsOf(task.id)
    expect([first?.next, second?.next]).toMatchObject([{ kind: 'starts' }, retry])
  })

  it('is told of a run that the agent began by its key, with who takes what was queued for it before: a worker', async () => {
    const { engine, companyId, agentId, runsOf } = await open()
    await engine.agents.update({ agentId, executionMode: 'polling' })
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    const queued = await engine.agents.invoke({ agentId, taskId: task.id })
    const { run } = await engine.as({ kind: 'agent', id: agentId, companyId }).tasks.next()
    const [runId, fence] = [run?.id ?? '', run?.fence ?? 0]
    const worker = engine.as({ kind: 'run', id: runId, companyId, agentId, taskId: task.id, fence })
    await worker.runs.report({ runId, outcome: { kind: 'failed', class: 'transient', message: 'no paper' } })
    const retry = { kind: 'retry', runId: queued.id, message: expect.stringMatching(/^The next run starts at/) }
    expect((await engine.runs.get({ runId })).next).toMatchObject(retry)
    const starts = { kind: 'starts', message: expect.stringMatching(/^It starts at/) }
    expect((await runsOf(task.id)).map(({ next }) => next)).toMatchObject([starts, retry])
  })

  it('is told of a run whose task was given to another agent, by what that one waits for', async () => {
    const { engine, companyId, agentId, runsOf } = await open(60_000)
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    await engine.start()
    const [failed] = await until(
      () => runsOf(task.id),
      (runs) => runs.length === 2,
    )
    const { id: bob } = await engine.agents.create({ companyId, name: 'Bob', role: 'r', adapterType: 'scripted' })
    await engine.agents.pause({ agentId: bob })
    await engine.tasks.assign({ taskId: task.id, agentId: bob })
    const ofBob = (await runsOf(task.id)).find((run) => run.agentId === bob)
    const retry = { kind: 'retry', runId: ofBob?.id, message: expect.stringContaining('Bob, which is paused') }
    expect((await runsOf(task.id))[0]?.next).toMatchObject(retry)
    expect((await engine.runs.get({ runId: failed?.id ?? '' })).next).toMatchObject({ ...retry, message: expect.stringContaining('Bob') })
  })

  it('is told of a run that waits for a person, by the question', async () => {
    const { engine, companyId, agentId, adapter, runsOf } = await open()
    adapter.script = async () => ({ kind: 'waiting', interaction: { ask: { kind: 'confirmation', prompt: 'Go?' } } })
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    await engine.start()
    const [run] = await until(
      () => runsOf(task.id),
      ([one]) => one?.status === 'waiting',
    )
    const [asked] = (await engine.interactions.list({ companyId })).items
    expect((await engine.runs.get({ runId: run?.id ?? '' })).next).toMatchObject({
      kind: 'waits',
      message: expect.stringContaining(asked?.id ?? '?'),
    })
  })

  it('is told of no run that ended as it should', async () => {
    const { engine, companyId, agentId, adapter, runsOf } = await open()
    adapter.script = async () => ({ kind: 'done' })
    const task = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
    await engine.start()
    const [run] = await until(
      () => runsOf(task.id),
      ([one]) => one?.status === 'succeeded',
    )
    expect(run?.next).toBeNull()
  })
})
