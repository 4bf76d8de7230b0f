// Costs that are reported at the same moment, which on Postgres are one transaction: each is told what it would be told alone.
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, EngineError, type Engine } from '@engine/core'
import { scriptedDestination } from '@engine/testing'

import { watchStatements } from '../bench/lib/count-statements.ts'
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
    const own = await engine.projects.create({ companyId, name: 'Ours' })
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
      // A project is no agent.
      { companyId, agentId: own.id, sourceEventId: 'f', ...cost },
    ])
    const [known, unknown] = [answers.slice(0, 7), answers.slice(7)]
    expect(known).toEqual([false, 'rule_violated', false, true, 'cost_conflict', 'rule_violated', false])
    expect(unknown).toEqual(['not_found', 'price_unknown', 'rule_violated'])
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
  it.each([
    ['that say what they cost', cost],
    ['that are priced by their model', { provider: 'anthropic', model: 'claude-opus-4-1', inputTokens: 100, outputTokens: 20 }],
  ])('%s take as many statements as one of them', async (_, said) => {
    const { engine, companyId, agentId, recording } = await open('postgres')
    const report = (name: string) => ({ companyId, agentId, sourceEventId: name, ...said })
    await reportAll(engine, [report('warm')])
    const alone = await recording.during(() => reportAll(engine, [report('alone')]))
    const together = await recording.during(() =>
      reportAll(
        engine,
        Array.from({ length: 16 }, (__, index) => report(`${index}`)),
      ),
    )
    expect(together.statements).toHaveLength(alone.statements.length)
  })

  it('are charged all the same where somebody else spends between the look at a budget and the write', async () => {
    const storage = await newStorage('postgres')
    const { engine: other, companyId, agentId } = await createWorld({ storage })
    onTestFinished(() => other.stop())
    const report = (name: string) => ({ companyId, agentId, sourceEventId: name, ...cost })
    const budgets = [
      await other.budgets.set({ companyId, scope: 'company', limit: 1_000_000 }),
      await other.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 1_000_000 }),
    ]
    await other.costs.report(report('earlier'))
    let isFirst = true
    const watched = watchStatements(storage, {
      async before({ sql }) {
        if (!isFirst || !sql.includes('insert into "engine"."cost_events"')) return
        isFirst = false
        await other.costs.report(report('between'))
      },
    })
    const engine = await createEngine({ storage: watched })
    onTestFinished(() => engine.stop())
    const together = [engine.costs.report(report('a')), engine.costs.report(report('b'))]
    expect((await Promise.all(together)).map(({ isRepeat }) => isRepeat)).toEqual([false, false])
    expect(isFirst).toBe(false)
    for (const { id } of budgets) expect(await other.budgets.get({ budgetId: id })).toMatchObject({ spent: 2_000, held: 0 })
    expect((await other.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('are told to every route that listens, each once', async () => {
    const destination = scriptedDestination()
    const { engine, companyId, agentId, runUntilIdle } = await createWorld({
      storage: await newStorage('postgres'),
      destinations: [destination],
    })
    onTestFinished(() => engine.stop())
    await engine.routes.create({ companyId, name: 'Books', destinationType: 'scripted', events: ['cost.*'] })
    const reports = Array.from({ length: 8 }, (_, index) => ({ companyId, agentId, sourceEventId: `${index}`, ...cost }))
    await Promise.all(reports.map((report) => engine.costs.report(report)))
    await runUntilIdle()
    const told = (await engine.events.list({ companyId })).items.filter(({ type }) => type === 'cost.recorded')
    expect(told).toHaveLength(reports.length)
    expect(new Set(destination.sent.map(({ event }) => event.id))).toEqual(new Set(told.map(({ id }) => id)))
    expect(destination.sent).toHaveLength(reports.length)
  })

  it('that several processes report under one budget are charged once each', async () => {
    const storage = await newStorage('postgres')
    const { engine, companyId, agentId } = await createWorld({ storage })
    onTestFinished(() => engine.stop())
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: 1_000_000 })
    const engines = await Promise.all([createEngine({ storage }), createEngine({ storage }), createEngine({ storage })])
    onTestFinished(async () => void (await Promise.all(engines.map((each) => each.stop()))))
    await Promise.all(
      engines.flatMap((each, who) =>
        Array.from({ length: 20 }, (_, index) => each.costs.report({ companyId, agentId, sourceEventId: `${who} ${index}`, ...cost })),
      ),
    )
    expect(await engine.budgets.get({ budgetId })).toMatchObject({ spent: 60 * cost.costMicros })
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })
})
