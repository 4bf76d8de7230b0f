import { describe, expect, it } from 'vitest'

import { begin, createShop, problemsOf } from './support/budgets.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

/** What one usage of a run may say at most. */
const most = 2 ** 46
const beyond = Number.MAX_SAFE_INTEGER

describe.each(['sqlite', 'postgres'] as const)('sums that are beyond what can be counted, on %s', (family) => {
  it('are shown as the most that can be, and keep nobody from reading', async () => {
    const world = await createShop({ storage: await newStorage(family) })
    const { engine, companyId, agentId } = world
    const budgets = await Promise.all(
      (['month_utc', 'day', 'lifetime'] as const).map((window) =>
        engine.budgets.set({ companyId, scope: 'company', window, limit: beyond, isHard: false }),
      ),
    )
    const { api, run, taskId } = await begin(world)
    const usage = { inputTokens: most, outputTokens: most, costMicros: most }
    for (const round of [0, 1]) {
      const usages = Array.from({ length: 100 }, (_, index) => ({ sequence: 100 * round + index + 1, ...usage }))
      await api.runs.recordUsage({ runId: run.id, usages })
    }
    const other = await begin(world)
    await other.api.runs.recordUsage({ runId: other.run.id, usages: [{ sequence: 1, ...usage }] })
    expect((await engine.costs.summary({ companyId })).total).toMatchObject({ costMicros: beyond, inputTokens: beyond, events: 201 })
    expect((await engine.runs.get({ runId: run.id })).usage).toMatchObject({ costMicros: beyond, inputTokens: beyond })
    expect((await engine.runs.list({ companyId })).items).toMatchObject([
      { usage: { costMicros: beyond } },
      { usage: { costMicros: most } },
    ])
    expect((await engine.costs.byModel({ companyId })).items).toMatchObject([{ costMicros: beyond }])
    expect((await engine.costs.byTask({ companyId })).items).toMatchObject([{ costMicros: most }, { taskId, costMicros: beyond }])
    expect((await engine.costs.byAgent({ companyId })).items).toMatchObject([{ agentId, costMicros: beyond }])
    expect((await engine.costs.timeline({ companyId })).days.at(-1)).toMatchObject({ costMicros: beyond })
    expect(await engine.costs.forecast({ companyId })).toMatchObject({ spentMicros: beyond })
    expect((await engine.companies.dashboard({ companyId })).spend).toMatchObject({ costMicros: beyond, totalMicros: beyond })
    expect((await engine.agents.metrics({ agentId })).runs).toMatchObject({ costMicros: beyond })
    for (const { id: budgetId } of budgets) {
      expect(await engine.budgets.get({ budgetId })).toMatchObject({ spent: beyond, free: 0 })
      expect(await engine.budgets.forecast({ budgetId })).toMatchObject({ spent: beyond })
    }
    expect(await problemsOf(engine)).toEqual([])
  })

  it('do not come from one price: what a report comes to by it is bounded as what it says, and what a run does too', async () => {
    const world = await createShop({ storage: await newStorage(family) })
    const { engine, companyId } = world
    const dear = { provider: 'gold', model: 'bar' }
    await engine.prices.set({ companyId, ...dear, inputMicros: 1_000_000_000_000, outputMicros: 0 })
    const report = { companyId, sourceEventId: 'one', ...dear }
    const refused = await errorOf(engine.costs.report({ ...report, inputTokens: 1_000_001 }))
    expect(refused).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('price') })
    expect(await engine.costs.report({ ...report, inputTokens: 1_000_000 })).toMatchObject({ costMicros: 1_000_000_000_000 })
    const { api, run } = await begin(world)
    const settled = await api.costs.settle({ runId: run.id, usage: { ...dear, inputTokens: most } })
    expect(settled).toMatchObject({ costMicros: most, isPriced: true })
  })
})
