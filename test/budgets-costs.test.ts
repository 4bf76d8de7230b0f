// Costs that are reported to Engine, against budgets: each is stored, and a limit is reached once.
import { describe, expect, it, onTestFinished } from 'vitest'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'pglite', 'postgres'])('costs that cross a limit on %s', (name) => {
  async function open(limit: number) {
    const world = await createWorld({ storage: await newStorage(name), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, agentId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit })
    const report = (sourceEventId: string, costMicros = 100) =>
      engine.costs.report({ companyId, agentId, sourceEventId, provider: 'somebody', costMicros })
    return { ...world, budget, report }
  }

  it('ten at the same time are ten costs, one incident and one approval, and none is an error', async () => {
    const { engine, companyId, agentId, budget, report } = await open(500)
    const answers = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => report(`event ${index}`)))
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([])
    expect((await engine.costs.list({ companyId })).items).toHaveLength(10)
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 1_000, held: 0 })
    expect((await engine.budgets.incidents({ companyId })).items).toHaveLength(1)
    const approvals = (await engine.approvals.list({ companyId, status: 'pending' })).items
    expect(approvals.map(({ type }) => type)).toEqual(['budget_override'])
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    const task = await engine.tasks.create({ companyId, title: 'No more', assigneeAgentId: agentId })
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id }))).toMatchObject({ kind: 'budget', code: 'budget_exceeded' })
    expect((await engine.verify()).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  })

  it('a hundred in one call are stored, and reach the limit once', async () => {
    const { engine, companyId, agentId, budget } = await open(5_000)
    const costs = Array.from({ length: 100 }, (_, index) => ({
      agentId,
      sourceEventId: `event ${index}`,
      provider: 'somebody',
      costMicros: 100,
    }))
    await engine.costs.reportMany({ companyId, costs })
    await engine.costs.reportMany({ companyId, costs })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 10_000 })
    expect((await engine.budgets.incidents({ companyId })).items).toHaveLength(1)
  })

  it('work goes on when the limit is raised, by the approval that asks for it', async () => {
    const { engine, companyId, agentId, budget, report } = await open(100)
    await report('all of it')
    const [approval] = (await engine.approvals.list({ companyId, status: 'pending' })).items
    await engine.budgets.raise({ budgetId: budget.id, limit: 1_000 })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle', pauseReason: null })
    expect((await engine.approvals.get({ approvalId: approval?.id ?? '' })).status).not.toBe('pending')
    const task = await engine.tasks.create({ companyId, title: 'Once more', assigneeAgentId: agentId })
    expect((await engine.tasks.checkout({ taskId: task.id })).run.status).toBe('running')
  })
})
