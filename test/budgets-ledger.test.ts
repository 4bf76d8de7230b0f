import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'

import { begin, createShop, problemsOf, type Worker } from './support/budgets.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'
import { newStorage } from './support/storages.ts'

/** A step of a history; `which` picks one of what is open. */
type Step =
  | { readonly kind: 'reserve'; readonly most: number }
  | { readonly kind: 'post'; readonly which: number; readonly percent: number }
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'charge'; readonly amount: number }
  | { readonly kind: 'limit'; readonly limit: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('reserve'), most: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('post'), which: fc.nat(), percent: fc.integer({ min: 0, max: 150 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release'), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('charge'), amount: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit'), limit: fc.integer({ min: 50, max: 250 }) }) },
)

interface Model {
  limit: number
  spent: number
  readonly open: { readonly id: string; readonly amount: number }[]
  isStopped: boolean
}

const held = (model: Model) => model.open.reduce((sum, { amount }) => sum + amount, 0)

describe('a ledger', () => {
  it(
    'never lets what is spent and held exceed a limit by what it let begin, whatever the order of things',
    { timeout: 120_000 },
    async () => {
      const world = await createShop({ storage: sqlite(':memory:') })
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (history) => {
          const { engine, companyId } = world
          const { id: agentId } = await engine.agents.create({
            companyId,
            name: `Agent ${Math.random()}`,
            role: 'worker',
            adapterType: 'scripted',
            executionMode: 'manual',
          })
          const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, metric: 'tokens', limit: 100 })
          const worker = await begin(world, { agentId })
          const model: Model = { limit: 100, spent: 0, open: [], isStopped: false }
          for (const step of history) {
            if (model.isStopped) break
            await take(worker, {
              step,
              model,
              setLimit: (limit) => engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, metric: 'tokens', limit }),
            })
            if (model.spent >= model.limit) model.isStopped = true
            const state = await engine.budgets.get({ budgetId })
            // A run that was stopped gives back what it held.
            const expected = model.isStopped
              ? { spent: model.spent, held: 0, isStopped: true }
              : { spent: model.spent, held: held(model), isStopped: false }
            expect(state).toMatchObject(expected)
          }
        }),
        { numRuns: 60 },
      )
      expect(await problemsOf(world.engine)).toEqual([])
    },
  )
})

/** Makes one step in the engine and in the model; both must let it, or neither. */
async function take(
  { api, run }: Worker,
  { step, model, setLimit }: { step: Step; model: Model; setLimit: (limit: number) => Promise<unknown> },
): Promise<void> {
  const runId = run.id
  const chosen = 'which' in step ? model.open[step.which % Math.max(1, model.open.length)] : undefined
  switch (step.kind) {
    case 'reserve': {
      const fits = step.most <= Math.max(0, model.limit - model.spent - held(model))
      const call = { runId, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: step.most }
      const answer = await api.budgets.reserve(call).catch((error: unknown) => ({ error }))
      expect('holdId' in answer).toBe(fits)
      if ('holdId' in answer) model.open.push({ id: answer.holdId ?? '', amount: step.most })
      return
    }
    case 'post': {
      if (!chosen) return
      const outputTokens = Math.ceil((chosen.amount * step.percent) / 100)
      model.open.splice(model.open.indexOf(chosen), 1)
      model.spent += outputTokens
      await api.costs.settle({ runId, holdId: chosen.id, usage: { outputTokens } })
      return
    }
    case 'release': {
      if (!chosen) return
      model.open.splice(model.open.indexOf(chosen), 1)
      await api.budgets.release({ runId, holdId: chosen.id })
      return
    }
    case 'charge': {
      model.spent += step.amount
      await api.costs.settle({ runId, usage: { outputTokens: step.amount } })
      return
    }
    case 'limit': {
      model.limit = step.limit
      await setLimit(step.limit)
    }
  }
}

describe('many who hold at once', () => {
  it.each(['sqlite', 'postgres'])('are let hold exactly what fits under all budgets, on %s', async (database) => {
    const world = await createShop({ storage: await newStorage(database) })
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, maxConcurrentRuns: 20 })
    const company = await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 100 })
    const agent = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, metric: 'tokens', limit: 95 })
    const workers: Worker[] = []
    for (let index = 0; index < 8; index += 1) workers.push(await begin(world))
    const calls = workers.flatMap(({ api, run }) =>
      [1, 2, 3].map(() => api.budgets.reserve({ runId: run.id, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: 10 })),
    )
    const answers = await Promise.allSettled(calls)
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []))
    expect(answers.length - refusals.length).toBe(9)
    expect(new Set(refusals)).toEqual(new Set(['budget_exceeded']))
    for (const { id: budgetId } of [company, agent]) expect(await engine.budgets.get({ budgetId })).toMatchObject({ held: 90, spent: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('in two processes on one file never pass the limit together', { timeout: 60_000 }, async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const world = await createShop({ storage: sqlite(file) })
    const { engine, companyId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 200 })
    const credentials = await Promise.all([1, 2].map(async () => newCredential(world)))
    const processes = credentials.map((credential) =>
      startProgram(new URL('support/reserver.ts', import.meta.url), { args: [JSON.stringify({ file, credential, times: 40 })] }),
    )
    await Promise.all(processes.map((process) => process.printed(/READY/)))
    writeFileSync(`${file}.go`, '')
    const results = await Promise.all(
      processes.map(
        async (process) => JSON.parse((await process.printed(/RESULT (.*)/))[1] ?? '') as { paid: number; unexpected: string[] },
      ),
    )
    expect(results.flatMap(({ unexpected }) => unexpected)).toEqual([])
    const paid = results.reduce((sum, result) => sum + result.paid, 0)
    const { spent, held: left } = await engine.budgets.get({ budgetId: budget.id })
    expect([spent, left]).toEqual([paid * 7, 0])
    expect(spent).toBeLessThanOrEqual(200)
    // No less than what may not cover one more call.
    expect(spent).toBeGreaterThan(190 - 7)
    expect(await problemsOf(engine)).toEqual([])
  })
})

async function newCredential({ engine, companyId, agentId }: Awaited<ReturnType<typeof createShop>>): Promise<string> {
  const task = await engine.tasks.create({ companyId, title: 'Spend' })
  const { credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
  return credential ?? ''
}
