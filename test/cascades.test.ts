import { describe, expect, it } from 'vitest'

import { hangs, until } from '@engine/testing'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

// PROMISES S18: an agent that goes astray does not bury its company, and a person stops all of it with one call.
describe.each(['sqlite', 'postgres'])('an agent that makes tasks without end, on %s', (storage) => {
  it('makes as many as one run may, whether one by one or many at once, and is told what to do instead', async () => {
    const { engine, companyId, agentId } = await createWorld({ storage: await newStorage(storage), settings: { tasksPerRun: 4 } })
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Split this' })
    const { credential } = await engine.tasks.checkout({ taskId, agentId })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the engine does not know the credential that it gave')
    const run = engine.as(actor)
    await run.tasks.create({ companyId, title: 'A part', parentId: taskId })
    const tasks = Array.from({ length: 5 }, (_, number) => ({ title: `Part ${number}`, parentId: taskId }))
    const { items } = await run.tasks.createMany({ companyId, tasks })
    expect(items.map(({ status }) => status)).toEqual(['created', 'created', 'created', 'refused', 'refused'])
    const refused = await errorOf(run.tasks.create({ companyId, title: 'One more' }))
    expect([refused.code, refused.details, refused.message]).toEqual([
      'rule_violated',
      { most: 4 },
      expect.stringContaining('into the result'),
    ])
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(5)
    // Whoever is no run is not counted.
    expect((await engine.tasks.create({ companyId, title: 'Of a person' })).title).toBe('Of a person')
    await engine.stop()
  })

  it('asks for no more than eight requests in a row, also where each names another place or none', async () => {
    const { engine, companyId, agentId } = await createWorld({ storage: await newStorage(storage), agentMode: 'manual' })
    const elsewhere = (await engine.tasks.create({ companyId, title: 'Of somebody else' })).id
    let task = await engine.tasks.create({ companyId, title: 'Asked for by a person' })
    const asRunOf = async (taskId: string) => {
      const actor = await engine.authenticate((await engine.tasks.checkout({ taskId, agentId })).credential ?? '')
      if (!actor) throw new Error('the engine does not know the credential that it gave')
      return engine.as(actor)
    }
    for (let depth = 1; depth <= 8; depth += 1) {
      const run = await asRunOf(task.id)
      task = await run.tasks.create({ companyId, title: 'And so on', ...(depth % 2 === 0 && { parentId: elsewhere }) })
      expect(task.requestDepth).toBe(depth)
    }
    const last = await asRunOf(task.id)
    const refused = await errorOf(last.tasks.create({ companyId, title: 'One more' }))
    expect([refused.code, refused.details, refused.message]).toEqual([
      'rule_violated',
      { requestDepth: 9, most: 8 },
      expect.stringContaining('into the result'),
    ])
    const { items } = await last.tasks.createMany({ companyId, tasks: [{ title: 'One more', parentId: elsewhere }] })
    expect(items).toMatchObject([{ status: 'refused' }])
    expect((await engine.tasks.create({ companyId, title: 'Of a person' })).requestDepth).toBe(0)
    await engine.stop()
  })

  it('is stopped with all others of its company by one call, and nothing starts until the company is resumed', async () => {
    const { engine, companyId, agentId, adapter } = await createWorld({ storage: await newStorage(storage), settings: { pollMs: 50 } })
    adapter.script = hangs()
    const other = await engine.agents.create({ companyId, name: 'Bo', role: 'worker', adapterType: 'scripted', maxConcurrentRuns: 2 })
    await engine.start()
    for (const assigneeAgentId of [agentId, other.id, other.id, other.id])
      await engine.tasks.create({ companyId, title: 'Goes on for ever', assigneeAgentId })
    const running = () => engine.runs.list({ companyId, status: 'running' })
    await until(running, ({ items }) => items.length === 3)
    // What was claimed and has not begun when it is stopped never begins.
    await until(
      () => Promise.resolve(adapter.turns),
      ({ length }) => length === 3,
    )
    await engine.companies.pause({ companyId, reason: 'They do harm.', stopRuns: true })
    const { items } = await engine.runs.list({ companyId })
    expect(items.map(({ status }) => status).toSorted()).toEqual(['cancelled', 'cancelled', 'cancelled', 'queued'])
    // The programs themselves are told, not only their rows.
    await until(
      () => Promise.resolve(adapter.turns.filter(({ signal }) => signal.aborted)),
      ({ length }) => length === 3,
    )
    expect((await running()).items).toEqual([])
    expect(await engine.tasks.list({ companyId, status: ['todo'] })).toMatchObject({ items: [{}, {}, {}, {}] })
    await engine.companies.resume({ companyId })
    await until(running, (page) => page.items.length === 1)
    await engine.stop()
  })
})
