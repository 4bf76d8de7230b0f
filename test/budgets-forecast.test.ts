import { createFakeClock } from '@engine/testing'
import { describe, expect, it } from 'vitest'

import { createShop } from './support/budgets.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('the forecast of a budget, on %s', (storage) => {
  it('goes by this period and the one before, in its own unit and for its own scope', async () => {
    const clock = createFakeClock(Date.parse('2026-10-01T00:00:00Z'))
    const { engine, companyId, agentId } = await createShop({ storage: await newStorage(storage), clock })
    const other = await engine.agents.create({ companyId, name: 'Other', role: 'writer', adapterType: 'scripted' })
    const set = (more: object) => engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 6_000, ...more })
    const [money, tokens, day] = [await set({}), await set({ metric: 'tokens' }), await set({ window: 'day', isHard: false })]
    const use = (sourceEventId: string, ofAgent: string) =>
      engine.costs.report({ companyId, agentId: ofAgent, sourceEventId, provider: 'x', costMicros: 3_100, inputTokens: 31 })
    const forecast = ({ id }: { id: string }) => engine.budgets.forecast({ budgetId: id })
    expect(await forecast(money)).toMatchObject({ spent: 0, perDay: null, forecast: null, reachedAt: null })
    await use('one', agentId)
    await use('of another', other.id)
    clock.set(Date.parse('2026-11-01T00:00:00.000Z'))
    expect(await forecast(money)).toMatchObject({
      endsAt: '2026-12-01T00:00:00.000Z',
      spent: 0,
      perDay: 100,
      forecast: 3_000,
      reachedAt: null,
      basis: { from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' },
    })
    const nothing = await set({ metric: 'runs', limit: 0, isHard: false })
    expect(await forecast(nothing)).toMatchObject({ perDay: null, reachedAt: '2026-11-01T00:00:00.000Z' })
    await use('two', agentId)
    expect(await forecast(money)).toMatchObject({ spent: 3_100, perDay: 200, forecast: 9_100, reachedAt: '2026-11-15T12:00:00.000Z' })
    expect(await forecast(tokens)).toMatchObject({ metric: 'tokens', spent: 31, perDay: 2, forecast: 91, reachedAt: null })
    expect(await forecast(day)).toMatchObject({
      endsAt: '2026-11-02T00:00:00.000Z',
      basis: { from: '2026-10-31T00:00:00.000Z' },
      perDay: 3_100,
    })
  })
})
