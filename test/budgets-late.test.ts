import { createFakeClock } from '@engine/testing'
import { describe, expect, it } from 'vitest'

import { begin, createShop, problemsOf, spend } from './support/budgets.ts'
import { newStorage } from './support/storages.ts'

const october = '2026-10-31T12:00:00.000Z'
const november = '2026-11-02T12:00:00.000Z'

describe.each(['sqlite', 'postgres'])('on %s, a bill that comes late', (storage) => {
  async function open(limit: number) {
    const clock = createFakeClock(Date.parse(october))
    const world = await createShop({ storage: await newStorage(storage), clock })
    const { engine, companyId, agentId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limit })
    const bill = (sourceEventId: string, occurredAt: string, costMicros: number) =>
      engine.costs.report({ companyId, agentId, sourceEventId, provider: 'somebody', occurredAt, costMicros })
    await bill('in time', october, 60)
    clock.set(Date.parse(november))
    await bill('now', november, 10)
    const incidents = async () => (await engine.budgets.incidents({ companyId })).items
    const exceeded = async () =>
      (await engine.events.list({ companyId })).items.filter(({ type }) => type === 'budget.exceeded' || type === 'budget.exhausted')
    return { ...world, budget, bill, incidents, exceeded }
  }

  it('takes its own period to the limit: one incident, nobody asked, and nothing of the present stops', async () => {
    const world = await open(100)
    const { engine, companyId, agentId, budget, bill, incidents, exceeded } = world
    const worker = await begin(world)
    await bill('late', october, 30)
    expect(await incidents()).toEqual([])
    await bill('later', october, 50)
    await bill('latest', october, 5)
    expect(await incidents()).toMatchObject([
      {
        budgetId: budget.id,
        periodStartsAt: '2026-10-01T00:00:00.000Z',
        status: 'resolved',
        resolution: 'late_bill',
        limit: 100,
        spent: 140,
        approvalId: null,
        resolvedBy: { kind: 'system' },
      },
    ])
    expect(await exceeded()).toMatchObject([{ type: 'budget.exceeded', data: { budgetId: budget.id, spent: 140, limit: 100 } }])
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 10, isStopped: false, status: 'ok' })
    expect((await engine.approvals.list({ companyId })).items).toEqual([])
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'running' })
    expect(await engine.runs.get({ runId: worker.run.id })).toMatchObject({ status: 'running' })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is told beside an incident of the present, which goes its own way', async () => {
    const world = await open(100)
    const { engine, incidents, bill, budget } = world
    await spend(await begin(world), 90)
    await bill('late', october, 50)
    expect(await incidents()).toMatchObject([
      { status: 'open', periodStartsAt: '2026-11-01T00:00:00.000Z', spent: 100 },
      { status: 'resolved', resolution: 'late_bill', spent: 110 },
    ])
    await engine.budgets.raise({ budgetId: budget.id, limit: 200 })
    expect((await incidents()).map(({ resolution }) => resolution)).toEqual(['raised', 'late_bill'])
    expect(await problemsOf(engine)).toEqual([])
  })

  it('of a period that was over when the budget was set is none of its', async () => {
    const { engine, budget, bill, incidents, exceeded } = await open(100)
    await bill('of last year', '2025-03-01T00:00:00Z', 500)
    await bill('of the month before', '2026-09-30T23:59:59.999Z', 500)
    expect(await incidents()).toEqual([])
    expect(await exceeded()).toEqual([])
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 10, status: 'ok' })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('of a period that was used up already is no news', async () => {
    const { bill, incidents, exceeded } = await open(60)
    const before = await incidents()
    await bill('late', october, 5)
    expect(await incidents()).toEqual(before)
    expect((await exceeded()).map(({ type }) => type)).toEqual(['budget.exhausted'])
  })
})
