import { setTimeout as delay } from 'node:timers/promises'

import { expect } from 'vitest'

import { EngineError, type AnyEvent, type Engine } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { createRandom, type Random } from '../seed.ts'
import { disorderOf } from './audit.ts'
import { listAll, logOf, readStream } from './log.ts'
import { board, checkOut, newCompany, engineGroup, type Company } from './world.ts'

export const events = engineGroup('events', {
  'an event says who did what to which version, to listeners as in the log': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    const task = await engine.as(board).tasks.create({ companyId, title: 'Write' }, { requestId: 'req-1' })
    const heard: AnyEvent[] = []
    const forget = engine.on('task.updated', (event) => void (event.companyId === companyId && heard.push(event)))
    await engine.as(board).tasks.update({ taskId: task.id, title: 'New' }, { requestId: 'req-2' })
    forget()
    expect(heard).toMatchObject([
      {
        type: 'task.updated',
        companyId,
        actor: { kind: 'user', id: 'board', runId: null },
        entity: { type: 'task', id: task.id, version: 2 },
        data: { changed: ['title'] },
        requestId: 'req-2',
      },
    ])
    expect((await engine.events.task({ taskId: task.id })).items[0]).toEqual(heard[0])
    expect((await logOf(world, companyId)).at(-1)).toEqual(heard[0])
  },

  'an event of a refused command does not exist': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    const heard: AnyEvent[] = []
    const forget = engine.on('task.created', (event) => void heard.push(event))
    const before = await logOf(world, companyId)
    await errorOf(engine.tasks.create({ companyId, title: 'T', blockedBy: ['ACM-99999'] }))
    forget()
    expect(heard).toEqual([])
    expect(await logOf(world, companyId)).toEqual(before)
  },

  'an event is never changed or deleted, not even by hand': async (world) => {
    const { watch } = world
    await newCompany(world)
    await expect(watch.query(`update ${watch.table('events')} set type = 'x'`)).rejects.toThrow(/append-only/)
    await expect(watch.query(`delete from ${watch.table('events')}`)).rejects.toThrow(/append-only/)
  },

  'an event has data as its schema says, and keeps it as it was given': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const { task } = await checkOut(world, company)
    const details = { 'a "key"': [1, 2.5, null, { ü: '🦆' }], z: {}, a: '\u2028' }
    await engine.tasks.progress({ taskId: task.id, percent: 5, details })
    const { id: deliverableId } = await engine.deliverables.submit({ taskId: task.id, title: 'D', content: 'c' })
    await engine.deliverables.review({ deliverableId, decision: 'rejected' })
    await engine.agents.pause({ agentId: company.agentId })
    const log = await logOf(world, company.companyId)
    const misshapen = log.filter(({ type, data }) => !engine.registry.events[type]?.safeParse(data).success)
    expect(misshapen).toEqual([])
    expect(log.find((event) => event.type === 'task.progress_updated')?.data).toMatchObject({ details })
  },

  'the log is the same page by page, and after each of its events': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    for (let count = 0; count < 5; count += 1) await company.newTask()
    const log = await logOf(world, company.companyId)
    const small = await listAll(engine, { companyId: company.companyId, limit: 2 })
    expect(small).toEqual(log)
    for (const [index, { seq }] of log.entries()) {
      const { items } = await engine.events.list({ companyId: company.companyId, after: seq, limit: 100 })
      expect(items).toEqual(log.slice(index + 1))
    }
  },

  'the log tells of each thing in the order in which it happened, whoever wrote at the same time': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const task = await company.newTask()
    const random = createRandom(11)
    await Promise.all(
      Array.from({ length: 6 }, (_, writer) => updateOften(engine, { taskId: task.id, agentId: company.agentId, writer, random })),
    )
    const log = await logOf(world, company.companyId)
    const versions = log.filter((event) => event.entity.id === task.id).map((event) => event.entity.version)
    expect(versions).toEqual(versions.toSorted((left, right) => left - right))
    expect(versions.at(-1)).toBe((await engine.tasks.get({ taskId: task.id })).version)
  },

  'the log of a task whose run writes while a person takes it away is listed in the order in which things happened': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    for (let round = 0; round < 12; round += 1) {
      const { task, api } = await checkOut(world, company)
      const writes = [1, 2, 3, 4].map((percent) => api.tasks.progress({ taskId: task.id, percent }, { idempotencyKey: `${percent}` }))
      await Promise.allSettled([...writes, engine.as(board).tasks.release({ taskId: task.id })])
    }
    expect(disorderOf(await logOf(world, company.companyId))).toEqual([])
  },

  'the stream goes from the past into the present without a gap, a repeat or a change of order, while many write': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    for (let count = 0; count < 10; count += 1) await company.newTask({ title: `old ${count}` })
    const reading = readStream(engine, { companyId: company.companyId, actor: board })
    const random = createRandom(7)
    await Promise.all(Array.from({ length: 5 }, (_, writer) => workOften(engine, company, { writer, random })))
    const log = await logOf(world, company.companyId)
    await reading.stopAfter(log.length)
    expect(reading.seen).toEqual(log)
    expect(disorderOf(log)).toEqual([])
  },

  'the stream can begin at the present, and is refused to strangers': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    await logOf(world, companyId)
    const stop = new AbortController()
    const stream = engine.stream({ companyId, actor: board, after: 'latest', signal: stop.signal })[Symbol.asyncIterator]()
    const first = stream.next()
    await delay(30)
    await engine.tasks.create({ companyId, title: 'Now' })
    expect((await first).value).toMatchObject([{ type: 'task.created', data: { title: 'Now' } }])
    stop.abort()
    await stream.next()
    const stranger = engine.stream({ companyId, actor: { kind: 'user', id: 'x', roles: {} }, signal: stop.signal })
    expect(await errorOf(stranger[Symbol.asyncIterator]().next())).toMatchObject({ code: 'not_found' })
  },
})

/** Calls with and without a key go different ways through the engine; both write the same entity. */
async function updateOften(engine: Engine, given: { taskId: string; agentId: string; writer: number; random: Random }): Promise<void> {
  const { taskId, agentId, writer, random } = given
  for (let count = 0; count < 8; count += 1) {
    const key = () => (random.next() < 0.5 ? { idempotencyKey: `${writer} ${count}` } : {})
    const title = `${writer} ${count}`
    if (random.next() < 0.5) await engine.tasks.update({ taskId, title }, key())
    const taken = await engine.tasks.checkout({ taskId, agentId }, key()).then(() => true, refused)
    if (taken) await engine.tasks.release({ taskId }, key())
  }
}

async function workOften(engine: Engine, company: Company, { writer, random }: { writer: number; random: Random }): Promise<void> {
  for (let count = 0; count < 6; count += 1) {
    const key = random.next() < 0.5 ? { idempotencyKey: `${writer} ${count}` } : {}
    const [task] = await Promise.all([
      engine.tasks.create({ companyId: company.companyId, title: `new ${writer} ${count}` }, key),
      engine.goals.create({ companyId: company.companyId, title: `goal ${writer} ${count}` }),
    ])
    await engine.tasks.checkout({ taskId: task.id, agentId: company.agentId })
    await engine.tasks.complete({ taskId: task.id }, key)
  }
}

/** Others were faster; that is what the writers are many for. */
function refused(error: unknown): boolean {
  if (EngineError.isInstance(error) && error.kind === 'conflict') return false
  throw error
}
