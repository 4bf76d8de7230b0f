// Parts of a limit that are set aside: each ends once, by its own run (PROMISES P2, P9).
import { describe, expect, it } from 'vitest'

import { begin, createShop, problemsOf, type Worker } from './support/budgets.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('what is held for a call, on %s', (storage) => {
  async function open() {
    const shop = await createShop({ storage: await newStorage(storage) })
    const { engine, companyId } = shop
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 1_000 })
    const standing = async () => {
      const { spent, held } = await engine.budgets.get({ budgetId })
      return { spent, held }
    }
    return { ...shop, standing, worker: await begin(shop), other: await begin(shop) }
  }

  async function hold({ api, run }: Worker, tokens: number): Promise<string> {
    const call = { runId: run.id, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: tokens }
    return (await api.budgets.reserve(call)).holdId ?? ''
  }

  it('ends once, whichever end is said first', async () => {
    const { engine, standing, worker } = await open()
    const { api, run } = worker
    const settle = (holdId: string) => api.costs.settle({ runId: run.id, holdId, usage: { outputTokens: 40 } })
    const release = (holdId: string) => api.budgets.release({ runId: run.id, holdId })
    const kept = await hold(worker, 500)
    const settled = await hold(worker, 100)
    await settle(settled)
    await release(settled)
    await settle(settled)
    expect(await standing()).toEqual({ spent: 40, held: 500 })
    const released = await hold(worker, 200)
    await Promise.all([release(released), release(released), release(released)])
    await settle(released)
    expect(await standing()).toEqual({ spent: 40, held: 500 })
    await release(kept)
    expect(await standing()).toEqual({ spent: 40, held: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is not there for another run, which neither gives it back nor says what it came to', async () => {
    const { standing, worker, other } = await open()
    const holdId = await hold(worker, 500)
    const missing = { code: 'not_found' }
    expect(await errorOf(other.api.budgets.release({ runId: other.run.id, holdId }))).toMatchObject(missing)
    expect(await errorOf(other.api.costs.settle({ runId: other.run.id, holdId, usage: { outputTokens: 1 } }))).toMatchObject(missing)
    expect(await standing()).toEqual({ spent: 0, held: 500 })
  })

  it('is still paid for when its run waited for an answer meanwhile', async () => {
    const { engine, standing, worker } = await open()
    const holdId = await hold(worker, 500)
    const { run, api, taskId } = worker
    const ask = { kind: 'question', prompt: 'Which?' } as const
    const interaction = await api.interactions.ask({ taskId, ask, waits: true })
    expect(await standing()).toEqual({ spent: 0, held: 0 })
    await engine.interactions.answer({ interactionId: interaction.id, text: 'This one' })
    const again = await engine.tasks.checkout({ taskId })
    expect(again.run.id).toBe(run.id)
    const actor = (await engine.authenticate(again.credential ?? '')) ?? expect.unreachable()
    await engine.as(actor).costs.settle({ runId: run.id, holdId, usage: { outputTokens: 40 } })
    expect(await standing()).toEqual({ spent: 40, held: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is nothing under a limit that stopped work, also for a run that came under it since', async () => {
    const { engine, companyId, other } = await open()
    const { id: projectId } = await engine.projects.create({ companyId, name: 'Shop' })
    await engine.budgets.set({ companyId, scope: 'project', scopeId: projectId, metric: 'tokens', limit: 0 })
    await engine.tasks.update({ taskId: other.taskId, projectId })
    const refused = await errorOf(hold(other, 0))
    expect(refused).toMatchObject({ code: 'budget_exceeded' })
  })
})
