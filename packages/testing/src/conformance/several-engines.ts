import { expect } from 'vitest'

import type { Engine, Storage } from '@engine/core'
import { silentLogger } from '@engine/core/plugin'

import { intercepted } from '../intercept.ts'
import { hangs } from '../scripted-adapter.ts'
import { openTestEngine } from '../test-engine.ts'
import { until } from '../until.ts'
import { audit, disorderOf } from './audit.ts'
import { logOf, readStream } from './log.ts'
import { board, checkOut, newCompany, engineGroup, onlyOne, outcomesOf, type World } from './world.ts'

const hourMs = 3_600_000

export const severalEngines = engineGroup('several engines', {
  'that start together on an empty database are all ready, and each migration was applied once': async (world, told) => {
    const under = await world.create()
    const storages = [under.storage, ...Array.from({ length: 3 }, () => under.reopen?.() ?? told.skip(onlyOne))]
    const started = await Promise.all(storages.map(startCounting))
    const applied = started.flatMap((each) => each.applied)
    expect(applied.length).toBeGreaterThan(0)
    expect(new Set(applied).size).toBe(applied.length)
    for (const { engine } of started) expect(await engine.health()).toMatchObject({ isReady: true, problem: null })
    const names = ['North', 'East', 'South', 'West']
    await Promise.all(started.map(({ engine }, index) => engine.companies.create({ name: names[index] ?? '' })))
    expect((await started[0]?.engine.companies.list())?.items).toHaveLength(4)
    for (const { engine } of started) await engine.stop()
    await under.dispose()
  },

  'give a task to one of all their callers, and an agent no more than it can take': async (world, told) => {
    const engines = [world.engine, await world.partner(told)] as const
    const company = await newCompany(world)
    const agents = await Promise.all(Array.from({ length: 4 }, () => company.hire({ maxConcurrentRuns: 3 })))
    const tasks = await Promise.all(Array.from({ length: 16 }, () => company.newTask()))
    const calls = tasks.flatMap((task) =>
      agents.map((agent, index) => engines[index % 2 === 0 ? 0 : 1].tasks.checkout({ taskId: task.id, agentId: agent.id })),
    )
    const outcomes = await outcomesOf(calls)
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(12)
    expect(await audit(world)).toEqual([])
  },

  'make one owner of each task while its facts change, whatever locks and snapshots they meet': async (world, told) => {
    const [engine, partner] = [world.engine, await world.partner(told)] as const
    const company = await newCompany(world)
    const agents = await Promise.all(Array.from({ length: 3 }, () => company.hire()))
    for (let round = 0; round < 3; round += 1) {
      const tasks = await Promise.all(Array.from({ length: 8 }, () => company.newTask()))
      const blocker = await company.newTask()
      // Meanwhile tasks get a blocker, and an agent is paused and resumed: what is claimed must fit what was true.
      const blocking = tasks.slice(0, 4).map((task) => engine.tasks.update({ taskId: task.id, blockedBy: [blocker.id] }))
      const agentId = agents[0]?.id ?? ''
      const pausing = partner.agents.pause({ agentId }).then(() => partner.agents.resume({ agentId }))
      const calls = tasks.flatMap((task) =>
        agents.map((agent, index) => (index % 2 === 0 ? engine : partner).tasks.checkout({ taskId: task.id, agentId: agent.id })),
      )
      const allowed = ['done', 'checkout_conflict', 'agent_unavailable', 'task_blocked', 'rule_violated', 'illegal_transition']
      for (const outcome of await outcomesOf([...calls, ...blocking, pausing])) expect(allowed).toContain(outcome)
    }
    expect(await audit(world)).toEqual([])
  },

  'number their tasks without gaps or repeats': async (world, told) => {
    const engines = [world.engine, await world.partner(told)] as const
    const { companyId } = await newCompany(world)
    const tasks = await Promise.all(
      Array.from({ length: 40 }, (_, index) => engines[index % 2 === 0 ? 0 : 1].tasks.create({ companyId, title: `Task ${index}` })),
    )
    const numbers = tasks.map((task) => Number(task.identifier.split('-')[1])).toSorted((left, right) => left - right)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  },

  'wake a task once when its last blockers end in both at the same moment': async (world, told) => {
    const engines = [world.engine, await world.partner(told)] as const
    const company = await newCompany(world)
    const waiting = await company.hire({ executionMode: 'auto' })
    for (let round = 0; round < 5; round += 1) {
      const held = await Promise.all([checkOut(world, company), checkOut(world, company)])
      const task = await company.newTask({ assigneeAgentId: waiting.id, blockedBy: held.map(({ task: { id } }) => id) })
      const ended = engines.map((engine, index) => engine.tasks.complete({ taskId: held[index]?.task.id ?? '' }))
      expect(await outcomesOf(ended)).toEqual(['done', 'done'])
      const { items } = await engines[0].runs.list({ companyId: company.companyId, taskId: task.id, status: 'queued' })
      expect(items.map((run) => run.wakeReasons)).toEqual([['blockers_resolved']])
    }
  },

  'answer one key with one effect and the same words': async (world, told) => {
    const engines = [world.engine, await world.partner(told)] as const
    const { companyId } = await newCompany(world)
    for (let round = 0; round < 6; round += 1) {
      const answers = await Promise.all(
        [...engines, ...engines].map((engine) =>
          engine.tasks.create({ companyId, title: `Once ${round}` }, { idempotencyKey: `k ${round}` }),
        ),
      )
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    }
    expect((await engines[0].tasks.list({ companyId })).items).toHaveLength(6)
  },

  'show each other what they write, in the same order and without a gap': async (world, told) => {
    const engines = [world.engine, await world.partner(told)] as const
    const company = await newCompany(world)
    const readings = engines.map((engine) => readStream(engine, { companyId: company.companyId, actor: board }))
    await Promise.all(
      engines.map(async (engine, writer) => {
        for (let count = 0; count < 10; count += 1) {
          const [task] = await Promise.all([
            engine.tasks.create({ companyId: company.companyId, title: `${writer} ${count}` }),
            engine.goals.create({ companyId: company.companyId, title: `${writer} ${count}` }, { idempotencyKey: `${writer} ${count}` }),
          ])
          await engine.tasks.update({ taskId: task.id, priority: 'high' })
        }
      }),
    )
    const log = await logOf(world, company.companyId)
    expect(log).toHaveLength(62)
    for (const reading of readings) {
      await reading.stopAfter(log.length)
      expect(reading.seen).toEqual(log)
    }
    expect(disorderOf(log)).toEqual([])
  },

  'start and stop at once what another queued and cancelled, when their storage has hints': async (world, told) => {
    const { under, adapter } = world
    if (!under.storage.open().hints) told.skip('it has no hints, so its engines poll')
    const settings = { pollMs: hourMs, sweepMs: hourMs, leaseMs: hourMs, sealMs: hourMs }
    const { engine } = await openTestEngine({ storage: under.reopen?.() ?? told.skip(onlyOne), adapter, settings })
    await engine.start()
    expect(await startedAndCancelled(world)).toBe('lease_lost')
    await engine.stop()
  },

  'start and stop what another queued and cancelled, although all hints are lost': async (world, told) => {
    const { under, adapter } = world
    const deaf = intercepted(under.reopen?.() ?? told.skip(onlyOne), () => undefined)
    const { engine } = await openTestEngine({ storage: deaf, adapter, settings: { leaseMs: 300 } })
    await engine.start()
    expect(await startedAndCancelled(world)).toBe('lease_lost')
    await engine.stop()
  },
})

async function startCounting(storage: Storage): Promise<{ engine: Engine; applied: readonly unknown[] }> {
  const applied: unknown[] = []
  const info = (_: string, fields: Record<string, unknown> = {}) => {
    if (Array.isArray(fields['applied'])) applied.push(...fields['applied'])
  }
  const { engine } = await openTestEngine({ storage, logger: { ...silentLogger, info } })
  return { engine, applied }
}

/** Queues a run here, which another engine executes, and cancels it. @returns what its adapter was told */
async function startedAndCancelled({ engine, adapter }: World): Promise<unknown> {
  const company = await newCompany({ engine, adapter }, 'auto')
  adapter.scripts.set(company.agentId, hangs())
  const task = await company.newTask({ assigneeAgentId: company.agentId })
  const turn = await until(
    () => adapter.turns.find(({ context }) => context.task.id === task.id),
    (begun) => begun !== undefined,
  )
  await engine.runs.cancel({ runId: turn?.context.run.id ?? '' })
  await until(
    () => turn?.signal.aborted,
    (isAborted) => isAborted === true,
  )
  return turn?.signal.reason
}
