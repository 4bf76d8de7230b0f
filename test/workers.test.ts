import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { Role, UserActor } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newStorage } from './support/storages.ts'

const everywhere = (role: Role): UserActor => ({ kind: 'user', id: 'ann', roles: { '*': role } })

describe.each(['sqlite', 'postgres'])('workers on %s', (database) => {
  async function open(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
    const world = await createWorld({ storage: await newStorage(database), ...options })
    onTestFinished(() => world.engine.stop())
    return world
  }
  const listed = async ({ engine }: World) => (await engine.workers.list({})).items
  const onlyWorker = async (world: World) => {
    const [worker] = await until(
      () => listed(world),
      (items) => items.length > 0,
    )
    if (!worker) throw new Error('there is no worker')
    return worker
  }

  it('are listed from their start on, with what they are and what they execute', async () => {
    const world = await open({ workerName: 'north', settings: { maxConcurrentRuns: 3 } })
    const { engine, adapter, companyId, agentId } = world
    expect(await listed(world)).toEqual([])
    const release = Promise.withResolvers<void>()
    adapter.script = async () => {
      await release.promise
      return { kind: 'done' }
    }
    await engine.start()
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const worker = await until(
      () => onlyWorker(world),
      ({ liveRuns }) => liveRuns === 1,
    )
    expect(worker).toMatchObject({ name: 'north', pid: process.pid, capacity: 3, adapters: [adapter.type], status: 'active' })
    expect(worker).toMatchObject({ changedBy: 'worker', engineVersion: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
    expect(run?.workerId).toBe(worker.id)
    release.resolve()
    await until(
      () => onlyWorker(world),
      ({ liveRuns }) => liveRuns === 0,
    )
  })

  it('take nothing new while they drain, finish what they have, and go on when they are resumed', async () => {
    const world = await open({ settings: { workerBeatMs: 200 } })
    const { engine, adapter, companyId, agentId } = world
    const release = Promise.withResolvers<void>()
    adapter.script = async ({ context }) => {
      if (context.task.title === 'First') await release.promise
      return { kind: 'done' }
    }
    await engine.start()
    const first = await engine.tasks.create({ companyId, title: 'First', assigneeAgentId: agentId })
    const { id: workerId } = await until(
      () => onlyWorker(world),
      ({ liveRuns }) => liveRuns === 1,
    )
    const operator = engine.as(everywhere('admin'))
    // On a busy machine it may be silent for long enough to be shown as lost for a moment.
    const becomes = (status: string) =>
      until(
        () => engine.workers.get({ workerId }),
        (worker) => worker.status === status,
      )
    expect(await operator.workers.drain({ workerId })).toMatchObject({ changedBy: 'ann', liveRuns: 1 })
    await becomes('draining')
    expect(await errorOf(operator.workers.drain({ workerId }))).toMatchObject({ code: 'illegal_transition' })
    // Two signs of life later it has heard of it.
    await nextBeats(world, workerId)
    const second = await engine.tasks.create({ companyId, title: 'Second', assigneeAgentId: agentId })
    release.resolve()
    await until(
      () => engine.tasks.get({ taskId: first.id }),
      ({ status }) => status === 'done',
    )
    await nextBeats(world, workerId)
    expect((await engine.tasks.get({ taskId: second.id })).status).toBe('todo')
    await operator.workers.resume({ workerId })
    await becomes('active')
    await until(
      () => engine.tasks.get({ taskId: second.id }),
      ({ status }) => status === 'done',
    )
  })

  it('are shown as lost once they are silent, by nobody doing anything, and are back with their next sign of life', async () => {
    const world = await open({ settings: { workerBeatMs: 200 } })
    const { engine } = world
    const workerId = '01890000-0000-7000-8000-00000000abcd'
    const described = { workerId, name: 'gone', host: 'far', pid: 1, engineVersion: '1.0.0', adapters: [], capacity: 1 }
    const internal = (name: string, input: object) => engine.execute(name, { input, actor: { kind: 'system', id: 'system' } })
    await internal('workers.register', described)
    expect((await engine.workers.get({ workerId })).status).toBe('active')
    await until(
      () => engine.workers.get({ workerId }),
      ({ status }) => status === 'lost',
    )
    await internal('workers.beat', { workerId })
    expect((await engine.workers.get({ workerId })).status).toBe('active')
    await internal('workers.leave', { workerId })
    expect((await engine.workers.get({ workerId })).status).toBe('stopped')
    expect(await errorOf(engine.workers.drain({ workerId }))).toMatchObject({ code: 'illegal_transition' })
  })

  it('sign off when their engine stops', async () => {
    const storage = database === 'sqlite' ? watched(sqlite(join(temporaryFolder(), 'engine.db'))) : await newStorage(database)
    const [stopping, other] = [await open({ storage }), await open({ storage })]
    await stopping.engine.start()
    const { id: workerId } = await onlyWorker(other)
    await stopping.engine.stop()
    expect(await other.engine.workers.get({ workerId })).toMatchObject({ status: 'stopped', changedBy: 'worker' })
  })

  it('are for people who have the role everywhere: companies do not see on which machines they run', async () => {
    const world = await open()
    const { engine, companyId } = world
    await engine.start()
    const { id: workerId } = await onlyWorker(world)
    const owner = engine.as({ kind: 'user', id: 'eve', roles: { [companyId]: 'owner' } })
    for (const refused of [owner.workers.list({}), owner.workers.get({ workerId }), owner.workers.drain({ workerId })])
      expect(await errorOf(refused)).toMatchObject({
        code: 'forbidden',
        message: expect.stringMatching(/or above in all companies, .*a key is of one/),
      })
    const operator = engine.as(everywhere('operator'))
    expect((await operator.workers.list({})).items).toHaveLength(1)
    expect(await errorOf(operator.workers.drain({ workerId }))).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(operator.workers.get({ workerId: companyId }))).toMatchObject({ code: 'not_found' })
  })

  async function nextBeats(world: World, workerId: string): Promise<void> {
    const seen = new Set<string>()
    await until(
      async () => seen.add((await world.engine.workers.get({ workerId })).seenAt),
      ({ size }) => size >= 3,
    )
  }
})
