// One test for each way in which reservations and limits of others are known to have failed (their numbers are those of the published reports).
import { describe, expect, it } from 'vitest'

import { begin, createShop, dollars, priced, problemsOf, spend, unpriced } from './support/budgets.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const call = { ...priced, inputTokens: 1_000, maxOutputTokens: 1_000 }

describe('what failed elsewhere holds here', () => {
  it('first requests at the same moment do not pass the check together (#34732)', async () => {
    const world = await createShop({ storage: await newStorage('postgres') })
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, maxConcurrentRuns: 20 })
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: 20_000 })
    const workers = [await begin(world), await begin(world), await begin(world), await begin(world)]
    const answers = await Promise.allSettled(workers.map(({ api, run }) => api.budgets.reserve({ runId: run.id, ...call })))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: 18_750 })
  })

  it('a scope that nobody has used yet gets its counter in the transaction that reserves, once (#40095)', async () => {
    const world = await createShop({ storage: await newStorage('postgres') })
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, maxConcurrentRuns: 20 })
    const workers = [await begin(world), await begin(world), await begin(world)]
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 40_000 })
    const answers = await Promise.allSettled(workers.map(({ api, run }) => api.budgets.reserve({ runId: run.id, ...call })))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: 37_500 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('when the reservation can not be written, the call is refused, and nothing of it stays (#33923)', async () => {
    const world = await createShop()
    const { engine, companyId, watch } = world
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: dollars(1) })
    const { api, run } = await begin(world)
    await watch.query(
      `create trigger broken before insert on ${watch.table('budget_hold_lines')} begin select raise(abort, 'the disk is on fire'); end`,
    )
    const refused = await errorOf(api.budgets.reserve({ runId: run.id, ...call }))
    expect(refused.code).not.toBe('budget_exceeded')
    await watch.query('drop trigger broken')
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: 0, spent: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('a call whose cost nobody can estimate is refused, not let through without a reservation (#35524)', async () => {
    const world = await createShop()
    const { engine, companyId } = world
    await engine.budgets.set({ companyId, scope: 'company', limit: dollars(1) })
    const { api, run } = await begin(world)
    const refused = await errorOf(api.budgets.reserve({ runId: run.id, ...call, ...unpriced }))
    expect(refused).toMatchObject({ kind: 'budget', code: 'budget_unavailable', details: unpriced })
  })

  it('reservations do not leak: after failures, cancellations and releases all of the limit can be used (#36926, #40050, #27639)', async () => {
    const world = await createShop()
    const { engine, companyId } = world
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: dollars(1) })
    for (let round = 0; round < 12; round += 1) {
      const { api, run } = await begin(world)
      const { holdId } = await api.budgets.reserve({ runId: run.id, ...call })
      await api.budgets.reserve({ runId: run.id, ...call })
      if (round % 4 === 0) await api.budgets.release({ runId: run.id, holdId: holdId ?? '' })
      if (round % 4 === 1) await engine.runs.cancel({ runId: run.id })
      else if (round % 4 === 2) await api.runs.report({ runId: run.id, outcome: { kind: 'failed', class: 'refused', message: 'no' } })
      else await api.runs.handBack({ runId: run.id, reason: 'stopping' })
    }
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: 0, free: dollars(1) })
    await spend(await begin(world), dollars(1) - 1)
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: 0, free: 1 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('calls whose size is dearer are held at the price of their size, also at the same moment (#40002)', async () => {
    const world = await createShop({ storage: await newStorage('postgres') })
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, maxConcurrentRuns: 20 })
    const large = { provider: 'acme', model: 'large' }
    const above = { aboveInputTokens: 272_000, inputMicros: dollars(0.5), outputMicros: 0 }
    await engine.prices.set({ companyId, ...large, inputMicros: dollars(0.2), outputMicros: 0, tiers: [above] })
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: dollars(0.45) })
    const workers = [await begin(world), await begin(world), await begin(world), await begin(world), await begin(world)]
    // Each is $0.15; at the price of small ones, $0.06, all five would have fitted.
    const ask = { ...large, inputTokens: 300_000, maxOutputTokens: 1 }
    const answers = await Promise.allSettled(workers.map(({ api, run }) => api.budgets.reserve({ runId: run.id, ...ask })))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: dollars(0.45), free: 0 })
  })

  it('a bill without a number of its own, which could count twice, is taken by nobody (#11458)', async () => {
    const { engine, companyId, watch } = await createShop()
    const bill = { companyId, provider: 'acme', costMicros: 500 }
    // What a client in JavaScript may send.
    const unnumbered = bill as Parameters<typeof engine.costs.report>[0]
    expect(await errorOf(engine.costs.report(unnumbered))).toMatchObject({ code: 'invalid_input' })
    await engine.costs.report({ ...bill, sourceEventId: 'one' })
    expect(await engine.costs.report({ ...bill, sourceEventId: 'one' })).toMatchObject({ isRepeat: true })
    expect((await engine.costs.summary({ companyId })).month.costMicros).toBe(500)
    await expect(watch.query(`update ${watch.table('cost_events')} set source_event_id = null`)).rejects.toThrow(/null/i)
  })

  it('a limit of $0.50 is not spent ten times over by calls that each look small (#11276)', async () => {
    const world = await createShop()
    const { engine, companyId, agentId } = world
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 50 })
    let most = 0
    for (let calls = 0, isOver = false; calls < 200 && !isOver; calls += 1) {
      const worker = await begin(world).catch(() => null)
      if (!worker) break
      const held = await worker.api.budgets.reserve({ runId: worker.run.id, ...call }).catch(() => null)
      if (held) await worker.api.costs.settle({ runId: worker.run.id, holdId: held.holdId ?? '', usage: { costMicros: 18_000 } })
      else isOver = true
      const { spent, held: open } = await engine.budgets.get({ budgetId })
      most = Math.max(most, spent + open)
      await worker.api.runs.report({ runId: worker.run.id, outcome: { kind: 'done' } }).catch(() => undefined)
    }
    expect(most).toBe(486_000)
    expect(most).toBeLessThanOrEqual(dollars(0.5))
  })

  it('a provider that bills more than was held passes the limit by that and no more: nothing is let begin after it', async () => {
    const world = await createShop()
    const { engine, companyId } = world
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: 20_000 })
    const { api, run, taskId } = await begin(world)
    const { holdId } = await api.budgets.reserve({ runId: run.id, ...call })
    await api.costs.settle({ runId: run.id, holdId: holdId ?? '', usage: { costMicros: 25_000 } })
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ spent: 25_000, held: 0, free: 0, isStopped: true })
    expect(await errorOf(engine.tasks.checkout({ taskId, agentId: run.agentId }))).toMatchObject({ code: 'budget_exceeded' })
    expect(await problemsOf(engine)).toEqual([])
  })
})
