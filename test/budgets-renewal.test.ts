// What becomes of stopped work when a day or a month is over.
import { createFakeClock, until } from '@engine/testing'
import { describe, expect, it } from 'vitest'

import { createShop, problemsOf } from './support/budgets.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const evening = '2026-10-31T23:59:59.999Z'
const midnight = '2026-11-01T00:00:00.000Z'

describe.each(['sqlite', 'postgres'])('work that stopped at a limit, on %s, when the period of that is over', (storage) => {
  async function open(limit: number, options: Partial<Parameters<typeof createShop>[0]> = {}) {
    const clock = createFakeClock(Date.parse(evening))
    const world = await createShop({ storage: await newStorage(storage), clock, ...options })
    const { engine, companyId, agentId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit })
    const bill = (sourceEventId: string, costMicros: number) =>
      engine.costs.report({ companyId, agentId, sourceEventId, provider: 'somebody', costMicros })
    const begin = async () => {
      const task = await engine.tasks.create({ companyId, title: 'Work', assigneeAgentId: agentId })
      return engine.tasks.checkout({ taskId: task.id })
    }
    const incidents = async () => (await engine.budgets.incidents({ companyId })).items
    /** Lets the engine look for budgets that begin anew until it has found what it is to find. */
    const untilFound = async (holds: (found: Awaited<ReturnType<typeof incidents>>) => boolean) => {
      await engine.start()
      return until(() => clock.advance(50).then(incidents), holds)
    }
    return { ...world, clock, budget, bill, begin, incidents, untilFound }
  }

  it('goes on by itself, and stops again at the same limit', async () => {
    const { engine, companyId, agentId, clock, bill, begin, incidents, untilFound } = await open(100)
    await bill('one', 100)
    clock.set(Date.parse(midnight))
    await untilFound(([first]) => first?.status === 'resolved')
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle' })
    expect((await engine.approvals.list({ companyId })).items).toMatchObject([{ status: 'cancelled' }])
    await begin()
    await bill('two', 100)
    expect(await incidents()).toMatchObject([{ resolution: 'period_ended' }, { status: 'open', periodStartsAt: midnight }])
  })

  it('stays stopped where the new one is used up before anybody looked, with an incident of that', async () => {
    const { engine, companyId, agentId, budget, clock, bill, begin, incidents, untilFound } = await open(100)
    await bill('one', 100)
    clock.set(Date.parse(midnight))
    await bill('two', 150)
    await untilFound((found) => found.length === 2)
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 150, isStopped: true })
    expect(await errorOf(begin())).toMatchObject({ code: 'budget_exceeded' })
    expect(await incidents()).toMatchObject([
      { resolution: 'period_ended', periodStartsAt: '2026-10-01T00:00:00.000Z' },
      { status: 'open', periodStartsAt: midnight, spent: 150 },
    ])
    const requests = (await engine.approvals.list({ companyId })).items.map(({ status }) => status)
    expect(requests.toSorted()).toEqual(['cancelled', 'pending'])
    await engine.budgets.raise({ budgetId: budget.id, limit: 200 })
    expect((await begin()).run.status).toBe('running')
    expect(await problemsOf(engine)).toEqual([])
  })

  it('stays stopped under a limit of nothing, about which nobody is asked again', async () => {
    const { engine, companyId, agentId, budget, clock, begin, incidents, runUntilIdle } = await open(0)
    const refused = await errorOf(begin())
    expect(refused).toMatchObject({ code: 'budget_exceeded', message: expect.stringContaining('It allows nothing at any time') })
    clock.set(Date.parse(midnight))
    await runUntilIdle()
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused' })
    expect(await errorOf(begin())).toMatchObject({ code: 'budget_exceeded' })
    expect(await incidents()).toMatchObject([{ status: 'open' }])
    expect((await engine.approvals.list({ companyId })).items).toMatchObject([{ status: 'pending' }])
    await engine.budgets.raise({ budgetId: budget.id, limit: 1 })
    expect((await begin()).run.status).toBe('running')
  })

  it('stays stopped in an archived company, where nothing is tried again and again', async () => {
    const failed: string[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void failed.push(message) }
    const { engine, companyId, agentId, clock, bill, runUntilIdle } = await open(100, { logger })
    await bill('one', 100)
    await engine.companies.archive({ companyId })
    clock.set(Date.parse(midnight))
    const { id: other } = await engine.companies.create({ name: 'Other' })
    const late = await engine.tasks.create({ companyId: other, title: 'Late', dueDate: evening })
    await runUntilIdle()
    // The loops have looked by now.
    expect(await engine.tasks.get({ taskId: late.id })).toMatchObject({ overdueAt: expect.any(String) })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    expect(failed).toEqual([])
  })
})
