import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Api, RunActor } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { board, createWorld, dump, errorOf, until, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

let world: World
let file: string

beforeEach(async () => {
  file = join(temporaryFolder(), 'engine.db')
  world = await createWorld({ storage: sqlite(file), agentMode: 'manual', settings: { leaseMs: 80 } })
})

afterEach(async () => {
  await world.engine.stop()
})

async function checkOut(title = 'Write') {
  const task = await world.engine.tasks.create({ companyId: world.companyId, title, assigneeAgentId: world.agentId })
  const held = await world.engine.tasks.checkout({ taskId: task.id })
  const actor = await world.engine.authenticate(held.credential ?? '')
  if (!actor) throw new Error('the credential is unknown')
  return { task, runId: held.run.id, actor, api: world.engine.as(actor) }
}

/** Every call that a run may make, with input that would succeed if the run still held its task. */
function everyCallOfARun(api: Api, actor: RunActor): [string, () => Promise<unknown>][] {
  const { taskId, id: runId, companyId } = actor
  return [
    ['runs.heartbeat', () => api.runs.heartbeat({ runId })],
    ['runs.report', () => api.runs.report({ runId, outcome: { kind: 'done' } })],
    ['runs.handBack', () => api.runs.handBack({ runId, reason: 'stopping' })],
    ['runs.appendLog', () => api.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'late' }] })],
    ['tasks.checkout', () => api.tasks.checkout({ taskId })],
    ['tasks.progress', () => api.tasks.progress({ taskId, percent: 99 })],
    ['tasks.complete', () => api.tasks.complete({ taskId })],
    ['tasks.block', () => api.tasks.block({ taskId, reason: 'late' })],
    ['tasks.release', () => api.tasks.release({ taskId })],
    ['tasks.create', () => api.tasks.create({ companyId, title: 'Child', parentId: taskId })],
    ['tasks.createMany', () => api.tasks.createMany({ companyId, tasks: [{ title: 'Child' }] })],
    ['comments.create', () => api.comments.create({ taskId, body: 'late' })],
    ['deliverables.submit', () => api.deliverables.submit({ taskId, title: 'Late', content: 'late' })],
  ]
}

describe('a run that lost its task', () => {
  it('is refused on every write and changes nothing, whoever has the task now', async () => {
    const zombie = await checkOut()
    await new Promise((resolve) => setTimeout(resolve, 120))
    await world.engine.runs.sweep({ runId: zombie.runId })
    const second = await world.engine.tasks.checkout({ taskId: zombie.task.id })
    expect(second.run.fence).toBe(2)
    const before = dump(file)
    for (const [name, call] of everyCallOfARun(zombie.api, zombie.actor)) {
      expect(await errorOf(call()), name).toMatchObject({ code: 'lease_lost', kind: 'conflict' })
    }
    expect(await errorOf(zombie.api.tasks.get({ taskId: zombie.task.id }))).toMatchObject({ code: 'lease_lost' })
    expect(dump(file)).toBe(before)
  })

  it('cannot write into another run of its own task either', async () => {
    const first = await checkOut()
    await first.api.tasks.release({ taskId: first.task.id })
    const second = await world.engine.tasks.checkout({ taskId: first.task.id })
    const actor = await world.engine.authenticate(second.credential ?? '')
    if (!actor) throw new Error('the credential is unknown')
    const forged = world.engine.as(actor).runs.appendLog({ runId: first.runId, entries: [{ stream: 'stdout', text: 'forged' }] })
    expect(await errorOf(forged)).toMatchObject({ code: 'forbidden' })
  })

  it('covers every command that a run may call', async () => {
    const { permissions } = await import('@engine/core')
    const { api, actor } = await checkOut()
    const covered = new Set(everyCallOfARun(api, actor).map(([name]) => name))
    const allowed = world.engine.registry.operations.filter(
      ({ definition }) => definition.kind === 'command' && permissions[definition.access.scope].run !== 'never',
    )
    expect(allowed.map((operation) => operation.name).filter((name) => !covered.has(name))).toEqual([])
  })

  it('is refused with the fence of an earlier checkout even if its run row were reused', async () => {
    const { actor, task } = await checkOut()
    const stale = world.engine.as({ ...actor, fence: actor.fence - 1 })
    expect(await errorOf(stale.tasks.progress({ taskId: task.id, percent: 1 }))).toMatchObject({ code: 'lease_lost' })
  })
})

describe('an expired lease', () => {
  it('is swept: the run is lost, the task is open again and says so', async () => {
    const { task, runId } = await checkOut()
    await world.engine.start()
    const after = await until(
      () => world.engine.tasks.get({ taskId: task.id }),
      (seen) => seen.status === 'todo',
    )
    expect(after.checkout).toBeNull()
    expect(await world.engine.runs.get({ runId })).toMatchObject({ status: 'lost' })
    const types = (await world.engine.events.list({ companyId: world.companyId })).items.map((event) => event.type)
    expect(types).toContain('run.lost')
  })

  it('is not swept while it is renewed', async () => {
    const { task, api, runId } = await checkOut()
    await world.engine.start()
    for (let beat = 0; beat < 15; beat += 1) {
      await api.runs.heartbeat({ runId })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect((await world.engine.tasks.get({ taskId: task.id })).status).toBe('in_progress')
  })

  it('is left alone by a sweep that comes too early', async () => {
    const { task, runId, api } = await checkOut()
    await api.runs.heartbeat({ runId })
    expect((await world.engine.runs.sweep({ runId })).status).toBe('running')
    expect((await world.engine.tasks.get({ taskId: task.id })).status).toBe('in_progress')
  })

  it('gives the task up, visibly, when every attempt was lost', async () => {
    await world.engine.agents.update({ agentId: world.agentId, executionMode: 'auto' })
    world.adapter.script = ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'done' })))
    const task = await world.engine.tasks.create({
      companyId: world.companyId,
      title: 'Hang',
      assigneeAgentId: world.agentId,
      maxAttempts: 2,
    })
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const queued = await world.engine.runs.list({ companyId: world.companyId, taskId: task.id, status: 'queued' })
      expect(queued.items.map((run) => run.attempt)).toEqual([attempt])
      const runId = queued.items[0]?.id ?? ''
      await world.engine.runs.claim({ runId, workerId: 'gone' })
      await new Promise((resolve) => setTimeout(resolve, 120))
      await world.engine.runs.sweep({ runId })
    }
    expect(await world.engine.tasks.get({ taskId: task.id })).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'its run was lost in 2 of 2 attempts', owner: 'operator' },
    })
    expect((await world.engine.runs.list({ companyId: world.companyId, status: 'queued' })).items).toEqual([])
  })
})

describe('the owner of a task', () => {
  it('loses it to a person who takes the task away, and its run ends', async () => {
    for (const take of [
      (taskId: string) => world.engine.as(board).tasks.complete({ taskId }),
      (taskId: string) => world.engine.as(board).tasks.cancel({ taskId }),
      (taskId: string) => world.engine.as(board).tasks.block({ taskId, reason: 'stop' }),
      (taskId: string) => world.engine.as(board).tasks.release({ taskId }),
    ]) {
      const { task, runId, api } = await checkOut()
      await take(task.id)
      expect((await world.engine.runs.get({ runId })).status).toBe('cancelled')
      expect(await errorOf(api.tasks.progress({ taskId: task.id, percent: 5 }))).toMatchObject({ code: 'lease_lost' })
      expect((await world.engine.tasks.get({ taskId: task.id })).checkout).toBeNull()
    }
  })
})
