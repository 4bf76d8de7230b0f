// Costs that are reported at the same moment, which on Postgres are one transaction: each is told what it would be told alone.
import { describe, expect, it, onTestFinished } from 'vitest'

import { EngineError, type Engine } from '@engine/core'

import { recordStatements } from '../bench/lib/record-statements.ts'
import { createWorld } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const cost = { provider: 'anthropic', model: 'model-1', inputTokens: 100, outputTokens: 20, costMicros: 500 }
const nobody = '01890000-0000-7000-8000-000000000000'

async function open(storageName: 'sqlite' | 'postgres') {
  const recording = recordStatements(await newStorage(storageName))
  const world = await createWorld({ storage: recording.storage })
  onTestFinished(() => world.engine.stop())
  return { ...world, recording }
}

const told = (error: unknown) => (EngineError.isInstance(error) ? error.code : `no refusal: ${String(error)}`)

async function reportAll(engine: Engine, reports: readonly object[]) {
  const calls = reports.map((input, index) => {
    const call = { input, actor: { kind: 'system', id: 'system' } as const, requestId: `request ${index}` }
    // The registry's answer to costs.report.
    return engine.execute('costs.report', call).then((answer) => (answer as { isRepeat: boolean }).isRepeat, told)
  })
  return Promise.all(calls)
}

describe.each(['sqlite', 'postgres'] as const)('on %s, costs of one moment', (storageName) => {
  it('are each recorded, known, or refused, as they would be one by one', async () => {
    const { engine, companyId, agentId } = await open(storageName)
    await engine.costs.report({ companyId, sourceEventId: 'earlier', ...cost })
    const other = await engine.companies.create({ name: 'Other' })
    const foreign = await engine.projects.create({ companyId: other.id, name: 'Theirs' })
    const answers = await reportAll(engine, [
      { companyId, agentId, sourceEventId: 'a', ...cost },
      { companyId, agentId: nobody, sourceEventId: 'b', ...cost },
      { companyId, sourceEventId: 'c', ...cost, costMicros: 40 },
      { companyId, sourceEventId: 'earlier', ...cost },
      { companyId, sourceEventId: 'earlier', ...cost, costMicros: 1 },
      { companyId, projectId: foreign.id, sourceEventId: 'd', ...cost },
      { companyId: other.id, sourceEventId: 'a', ...cost },
      { companyId: nobody, sourceEventId: 'a', ...cost },
      { companyId, sourceEventId: 'e', provider: 'anthropic', model: 'of-no-price', inputTokens: 5 },
    ])
    expect(answers).toEqual([false, 'rule_violated', false, true, 'cost_conflict', 'rule_violated', false, 'not_found', 'price_unknown'])
    const { costMicros, events } = (await engine.costs.summary({ companyId })).month
    expect({ costMicros, events }).toEqual({ costMicros: 1_040, events: 3 })
    const asked = (await engine.events.list({ companyId })).items.flatMap(({ type, requestId }) =>
      type === 'cost.recorded' ? [requestId] : [],
    )
    expect(asked.filter((one) => one !== null).toSorted()).toEqual(['request 0', 'request 2'])
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('of one number count once, whoever of them was first', async () => {
    const { engine, companyId } = await open(storageName)
    const same = Array.from({ length: 8 }, () => ({ companyId, sourceEventId: 'one', ...cost }))
    const answers = await reportAll(engine, same)
    expect(answers.filter((isRepeat) => isRepeat === false)).toHaveLength(1)
    expect(answers.filter((isRepeat) => isRepeat === true)).toHaveLength(7)
    expect((await engine.costs.summary({ companyId })).month.costMicros).toBe(cost.costMicros)
  })

  it('stop what they overspend once, in the transaction in which they do', async () => {
    const { engine, companyId, agentId } = await open(storageName)
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, window: 'day', metric: 'micros', limit: 2_000 })
    const company = await engine.budgets.set({ companyId, scope: 'company', window: 'month_utc', metric: 'tokens', limit: 1_000_000 })
    const answers = await reportAll(
      engine,
      Array.from({ length: 8 }, (_, index) => ({ companyId, agentId, sourceEventId: `${index}`, ...cost })),
    )
    expect(answers).toEqual(Array.from({ length: 8 }, () => false))
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 4_000, held: 0, isStopped: true })
    expect(await engine.budgets.get({ budgetId: company.id })).toMatchObject({ spent: 960, isStopped: false })
    expect((await engine.budgets.incidents({ companyId })).items).toHaveLength(1)
    expect((await engine.approvals.list({ companyId })).items).toHaveLength(1)
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })
})

describe('on postgres, costs of one moment', () => {
  it('take as many statements as one of them', async () => {
    const { engine, companyId, agentId, recording } = await open('postgres')
    const report = (name: string) => ({ companyId, agentId, sourceEventId: name, ...cost })
    await reportAll(engine, [report('warm')])
    const alone = await recording.during(() => reportAll(engine, [report('alone')]))
    const together = await recording.during(() =>
      reportAll(
        engine,
        Array.from({ length: 16 }, (_, index) => report(`${index}`)),
      ),
    )
    expect(together.statements).toHaveLength(alone.statements.length)
  })
})
