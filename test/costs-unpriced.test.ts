import { describe, expect, it, onTestFinished } from 'vitest'

import { scriptedAdapter } from '@engine/testing'

import { begin, createShop, problemsOf, unpriced } from './support/budgets.ts'
import { createWorld, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const free = { inputMicros: 0, outputMicros: 0 }
const tokens = { inputTokens: 1_000_000, outputTokens: 0 }

describe.each(['sqlite', 'postgres'] as const)('what nobody knows the price of, on %s', (family) => {
  it('is told apart from what costs nothing, in each view and in the table', async () => {
    const world = await createShop({ storage: await newStorage(family) })
    const { engine, companyId } = world
    await engine.prices.set({ companyId, provider: 'local', model: 'llama', ...free })
    const { api, run, taskId } = await begin(world)
    const usage = (more: object) => api.costs.settle({ runId: run.id, usage: { ...tokens, ...more } })
    expect(await usage({ provider: 'local', model: 'llama' })).toMatchObject({ costMicros: 0, isPriced: true })
    expect(await usage({ provider: 'local', model: 'own', costMicros: 0 })).toMatchObject({ costMicros: 0, isPriced: true })
    expect(await usage(unpriced)).toMatchObject({ costMicros: 0, isPriced: false })
    await engine.costs.report({ companyId, sourceEventId: 'free', provider: 'local', model: 'llama', ...tokens })
    expect((await engine.costs.summary({ companyId })).total).toMatchObject({ events: 4, unpricedEvents: 1 })
    expect((await engine.costs.byModel({ companyId })).items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ provider: 'local', model: 'llama', events: 2, unpricedEvents: 0 }),
        expect.objectContaining({ ...unpriced, events: 1, unpricedEvents: 1 }),
      ]),
    )
    expect((await engine.costs.byTask({ companyId })).items).toMatchObject([{ taskId, unpricedEvents: 1 }])
    const { items } = await engine.costs.list({ companyId })
    expect(items.filter(({ isPriced }) => !isPriced)).toMatchObject([unpriced])
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is priced by the model that its hold was taken for, where its usage names none', async () => {
    const world = await createShop({ storage: await newStorage(family) })
    const { engine, companyId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 10_000 })
    await engine.prices.set({ companyId, provider: 'acme', model: 'large', inputMicros: 1_000_000, outputMicros: 2_000_000 })
    const { api, run } = await begin(world)
    const call = { runId: run.id, provider: 'acme', model: 'large', inputTokens: 1_000_000, maxOutputTokens: 1_000_000 }
    const { holdId } = await api.budgets.reserve(call)
    const usage = { inputTokens: 500_000, outputTokens: 100_000 }
    const settled = await api.costs.settle({ runId: run.id, ...(holdId !== null && { holdId }), usage })
    expect(settled).toMatchObject({ costMicros: 700_000, isPriced: true })
    expect((await engine.costs.list({ companyId })).items).toMatchObject([{ provider: 'acme', model: 'large', costMicros: 700_000 }])
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 700_000, held: 0 })
    // The model of another provider is not taken for this one's.
    const second = await api.budgets.reserve(call)
    const other = { provider: 'others', ...usage }
    expect(await api.costs.settle({ runId: run.id, holdId: second.holdId ?? '', usage: other })).toMatchObject({
      costMicros: 3_000_000,
      isPriced: false,
    })
    expect((await engine.costs.list({ companyId, limit: 1 })).items).toMatchObject([
      { provider: 'others', model: null, costMicros: 3_000_000, isPriced: false },
    ])
    expect((await engine.costs.summary({ companyId })).total).toMatchObject({ unpricedEvents: 1 })
    expect(await problemsOf(engine)).toEqual([])
  })
})

it('a model that costs nothing is let run to its end under a hard limit', async () => {
  const adapter = scriptedAdapter({ metering: 'stream' })
  const world = await createWorld({ adapter })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId, agentId } = world
  await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
  await engine.prices.set({ companyId, provider: 'local', model: 'llama', ...free })
  adapter.script = async ({ emit }) => {
    await emit({ type: 'usage', usage: { provider: 'local', model: 'llama', ...tokens } })
    return { kind: 'done' }
  }
  const task = await engine.tasks.create({ companyId, title: 'Work', assigneeAgentId: agentId })
  await engine.start()
  await until(
    () => engine.tasks.get({ taskId: task.id }),
    ({ status }) => status === 'done',
  )
  expect((await engine.costs.summary({ companyId })).total).toMatchObject({ events: 1, unpricedEvents: 0, inputTokens: 1_000_000 })
  expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle' })
})
