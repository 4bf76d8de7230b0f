import { afterEach, describe, expect, it } from 'vitest'

import { systemActor, type Api, type RunActor } from '@engine/core'
import type { RunUsage } from '@engine/core/plugin'
import { createFakeClock } from '@engine/testing'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

let world: World

afterEach(async () => {
  // No test leaves sums that differ from what they are of.
  const { checks } = await world.engine.verify()
  expect(checks.flatMap(({ violations }) => violations)).toEqual([])
  await world.engine.stop()
})

async function open(database: string, options: Parameters<typeof createWorld>[0] = {}) {
  world = await createWorld({ storage: await newStorage(database), agentMode: 'manual', ...options })
  return world
}

/** A task that is checked out, and its run as it acts itself. */
async function held(title = 'Write', more: { projectId?: string } = {}) {
  const { engine, companyId, agentId } = world
  const task = await engine.tasks.create({ companyId, title, assigneeAgentId: agentId, ...more })
  const { run, credential } = await engine.tasks.checkout({ taskId: task.id })
  const actor = await engine.authenticate(credential ?? '')
  if (actor?.kind !== 'run') throw new Error('the credential of a checkout is that of a run')
  return { task, runId: run.id, actor, api: engine.as(actor) as Api }
}

const cost = { provider: 'anthropic', model: 'claude', inputTokens: 100, outputTokens: 20, costMicros: 500 } as const

describe.each(['sqlite', 'pglite', 'postgres'])('costs that are reported at the same time, on %s', (database) => {
  it('count once each, however often and by however many they are reported', async () => {
    const { engine, companyId } = await open(database)
    const report = () => engine.costs.report({ companyId, sourceEventId: 'one', ...cost })
    const answers = await Promise.all(Array.from({ length: 10 }, report))
    expect(answers.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1)
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect((await engine.costs.list({ companyId })).items).toHaveLength(1)
    const told = await engine.events.list({ companyId, limit: 100 })
    expect(told.items.filter(({ type }) => type === 'cost.recorded')).toHaveLength(1)
    // Its source is part of what it is called.
    expect((await engine.costs.report({ companyId, source: 'invoices', sourceEventId: 'one', ...cost })).isRepeat).toBe(false)
    expect(await engine.costs.summary({ companyId })).toMatchObject({ total: { costMicros: 1_000, costCents: 0.1, events: 2 } })
  })

  it('add up, whoever reports them', async () => {
    const { engine, companyId, agentId } = await open(database)
    const ids = Array.from({ length: 10 }, (_, index) => `event ${index}`)
    await Promise.all(
      ids.map((sourceEventId, index) => engine.costs.report({ companyId, agentId, sourceEventId, ...cost, costMicros: index })),
    )
    expect((await engine.costs.list({ companyId })).items).toHaveLength(10)
    const spent = { costMicros: 45, inputTokens: 1_000, outputTokens: 200, events: 10 }
    expect(await engine.costs.summary({ companyId })).toMatchObject({ today: spent, month: spent, total: spent })
    expect((await engine.costs.byAgent({ companyId })).items).toMatchObject([{ agentId, ...spent }])
  })
})

describe.each(['sqlite', 'postgres'])('a cost that is reported, on %s', (database) => {
  it('is refused with other amounts, and both are shown', async () => {
    const { engine, companyId } = await open(database)
    const first = await engine.costs.report({ companyId, sourceEventId: 'one', ...cost })
    const error = await errorOf(engine.costs.report({ companyId, sourceEventId: 'one', ...cost, costMicros: 7 }))
    expect(error).toMatchObject({ code: 'cost_conflict', kind: 'conflict' })
    expect(error.details).toMatchObject({ stored: { id: first.id, costMicros: 500 }, given: { costMicros: 7 } })
    expect((await engine.costs.summary({ companyId })).total.costMicros).toBe(500)
  })

  it('is one of several, each of which counts for itself', async () => {
    const { engine, companyId, agentId } = await open(database)
    await engine.costs.report({ companyId, sourceEventId: 'known', ...cost })
    const { items } = await engine.costs.reportMany({
      companyId,
      costs: [
        { sourceEventId: 'a', agentId, ...cost },
        { sourceEventId: 'a', agentId, ...cost },
        { sourceEventId: 'known', ...cost },
        { sourceEventId: 'known', ...cost, costMicros: 1 },
        { sourceEventId: 'b', taskId: 'ACM-404', ...cost },
        { sourceEventId: 'c', provider: 'anthropic', model: 'nobody-knows', inputTokens: 5 },
      ],
    })
    expect(items.map((item) => (item.status === 'refused' ? item.error.code : item.status))).toEqual([
      'recorded',
      'repeated',
      'repeated',
      'cost_conflict',
      'rule_violated',
      'price_unknown',
    ])
    expect((await engine.costs.summary({ companyId })).total).toMatchObject({ costMicros: 1_000, events: 2 })
    const again = await engine.costs.reportMany({ companyId, costs: [{ sourceEventId: 'a', agentId, ...cost }] })
    expect(again.items).toMatchObject([{ status: 'repeated' }])
  })

  it('is tied to the run, task, project, goal and agent as they are when it is written', async () => {
    const { engine, companyId, agentId } = await open(database)
    const goal = await engine.goals.create({ companyId, title: 'Sell' })
    const project = await engine.projects.create({ companyId, name: 'Shop', goalId: goal.id })
    const { task, runId } = await held('Write', { projectId: project.id })
    const reported = await engine.costs.report({ companyId, runId, sourceEventId: 'one', ...cost })
    const links = { runId, taskId: task.id, projectId: project.id, goalId: goal.id, agentId }
    expect(reported).toMatchObject(links)
    const other = await engine.projects.create({ companyId, name: 'Stall' })
    await engine.tasks.update({ taskId: task.id, projectId: other.id })
    expect(await engine.costs.get({ costEventId: reported.id })).toMatchObject(links)
    expect((await engine.costs.byProject({ companyId })).items).toMatchObject([{ projectId: project.id, name: 'Shop', costMicros: 500 }])
    expect((await engine.costs.byTask({ companyId })).items).toMatchObject([
      { taskId: task.id, identifier: task.identifier, costMicros: 500 },
    ])
    expect((await engine.runs.get({ runId })).usage).toMatchObject({ inputTokens: 100, costMicros: 500 })
    expect((await engine.costs.report({ companyId, taskId: task.identifier, sourceEventId: 'two', ...cost })).projectId).toBe(other.id)
  })

  it('is spread over days, months, models and ways to pay', async () => {
    const clock = createFakeClock(Date.UTC(2026, 10, 30, 12))
    const { engine, companyId } = await open(database, { clock })
    const report = (sourceEventId: string, more: object) => engine.costs.report({ companyId, sourceEventId, ...cost, ...more })
    await report('a', { occurredAt: '2026-10-31T23:59:59.999Z', costMicros: 1 })
    await report('b', { occurredAt: '2026-11-01T00:30:00+01:00', costMicros: 2 })
    await report('c', { occurredAt: '2026-11-29T00:00:00Z', costMicros: 4, billingType: 'metered' })
    await report('d', { model: 'other', costMicros: 8, billingType: 'metered' })
    await report('e', { costMicros: 16, billingType: 'subscription' })
    const { today, month, total } = await engine.costs.summary({ companyId })
    expect([today.costMicros, month.costMicros, total.costMicros]).toEqual([8, 12, 15])
    expect([today.imputedMicros, total.byBillingType.metered.costMicros, total.byBillingType.subscription.imputedMicros]).toEqual([
      16, 12, 16,
    ])
    const days = (await engine.costs.timeline({ companyId, from: '2026-10-30', to: '2026-11-01' })).days
    expect(days.map(({ day, costMicros }) => [day, costMicros])).toEqual([
      ['2026-10-30', 0],
      ['2026-10-31', 3],
      ['2026-11-01', 0],
    ])
    const models = (await engine.costs.byModel({ companyId, limit: 1 })).items
    expect(models).toMatchObject([{ provider: 'anthropic', model: 'claude', costMicros: 7, imputedMicros: 16 }])
    const first = await engine.costs.byModel({ companyId, limit: 1 })
    expect(await engine.costs.byModel({ companyId, limit: 1, cursor: first.nextCursor ?? '' })).toMatchObject({
      items: [{ model: 'other', costMicros: 8 }],
      nextCursor: null,
    })
    expect((await engine.costs.byModel({ companyId, month: '2026-10' })).items).toMatchObject([{ model: 'claude', costMicros: 3 }])
    const listed = await engine.costs.list({ companyId, from: '2026-10-31', to: '2026-11-29', limit: 2 })
    expect(listed.items.map(({ sourceEventId }) => sourceEventId)).toEqual(['c', 'a'])
    const rest = await engine.costs.list({ companyId, from: '2026-10-31', to: '2026-11-29', limit: 2, cursor: listed.nextCursor ?? '' })
    expect(rest.items.map(({ sourceEventId }) => sourceEventId)).toEqual(['b'])
    // Four micro-dollars in the last seven full days, of which 29 November is one; half a day is left.
    expect(await engine.costs.forecast({ companyId })).toMatchObject({
      spentMicros: 12,
      dailyMicros: 1,
      forecastMicros: 12,
      basis: { days: 7 },
    })
  })
})

describe('a report of a cost', () => {
  it('says what is wrong with it', async () => {
    const clock = createFakeClock(Date.UTC(2026, 10, 30, 12))
    const { engine, companyId, agentId } = await open('sqlite', { clock })
    const { runId } = await held()
    const other = await engine.tasks.create({ companyId, title: 'Other' })
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    const report = (more: object) => errorOf(engine.costs.report({ companyId, sourceEventId: 'one', ...cost, ...more }))
    const unknown = { provider: 'anthropic', model: 'nobody-knows', costMicros: undefined }
    expect(await report(unknown)).toMatchObject({ code: 'price_unknown', kind: 'rule', message: expect.stringContaining('costMicros') })
    expect(await report({ costCents: 1 })).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('costCents') })
    expect(await report({ runId, taskId: other.id })).toMatchObject({ code: 'rule_violated' })
    expect(await report({ runId, agentId: bob.id })).toMatchObject({ code: 'rule_violated' })
    expect(await report({ occurredAt: '2026-11-30T12:06:00Z' })).toMatchObject({ code: 'rule_violated' })
    expect(await report({ source: 'run' })).toMatchObject({ code: 'invalid_input' })
    for (const wrong of [-1, 0.5, Number.NaN, 1e308, 2 ** 53, '5', null])
      expect(await report({ costMicros: wrong })).toMatchObject({ code: 'invalid_input' })
    expect((await engine.costs.list({ companyId })).items).toEqual([])
    const cents = { provider: 'anthropic', costCents: 0.05 }
    expect(await engine.costs.report({ companyId, agentId, sourceEventId: 'one', ...cents })).toMatchObject({
      costMicros: 500,
      costCents: 0.05,
    })
  })

  it('is of an agent or a run about its own task only', async () => {
    const { engine, companyId, agentId } = await open('sqlite')
    const { task, runId, api } = await held()
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    const theirs = await engine.tasks.create({ companyId, title: 'Theirs', assigneeAgentId: bob.id })
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    expect(await api.costs.report({ companyId, sourceEventId: 'run', ...cost })).toMatchObject({ runId, taskId: task.id, agentId })
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    expect(await agent.costs.report({ companyId, sourceEventId: 'agent', taskId: task.id, ...cost })).toMatchObject({
      runId: null,
      agentId,
    })
    const refusals = [
      agent.costs.report({ companyId, sourceEventId: 'x', ...cost }),
      agent.costs.report({ companyId, sourceEventId: 'x', taskId: theirs.id, ...cost }),
      agent.costs.report({ companyId, sourceEventId: 'x', taskId: task.id, agentId: bob.id, ...cost }),
      agent.costs.report({ companyId, sourceEventId: 'x', taskId: task.id, projectId: project.id, ...cost }),
      api.costs.report({ companyId, sourceEventId: 'x', agentId: bob.id, ...cost }),
    ]
    for (const refusal of refusals) expect(await errorOf(refusal)).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(api.costs.report({ companyId, sourceEventId: 'x', taskId: theirs.id, ...cost }))).toMatchObject({ kind: 'rule' })
    const viewer = engine.as({ kind: 'user', id: 'u', roles: { [companyId]: 'reviewer' } })
    expect(await errorOf(viewer.costs.report({ companyId, sourceEventId: 'x', ...cost }))).toMatchObject({ code: 'forbidden' })
  })

  it('is downloaded as a table that no spreadsheet works out', async () => {
    const { engine, companyId } = await open('sqlite')
    await engine.costs.report({ companyId, sourceEventId: '=HYPERLINK("http://evil","x")', ...cost })
    const many = Array.from({ length: 100 }, (_, index) => ({ sourceEventId: `${index}`, ...cost }))
    for (let page = 0; page < 6; page += 1)
      await engine.costs.reportMany({ companyId, costs: many.map((each) => ({ ...each, source: `page-${page}` })) })
    const { content, contentType, name } = await engine.costs.export({ companyId })
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    const lines = Buffer.concat(pieces).toString().split('\r\n')
    expect([contentType, name]).toEqual(['text/csv; charset=utf-8', expect.stringMatching(/^costs-.+\.csv$/)])
    expect(lines[0]).toMatch(/^occurredAt,costMicros,/)
    expect(lines).toHaveLength(603)
    expect(new Set(lines).size).toBe(603)
    expect(lines.filter((line) => line.includes('HYPERLINK'))).toEqual([expect.stringContaining(`"'=HYPERLINK(""http://evil"",""x"")"`)])
  })
})

describe.each(['sqlite', 'postgres'])('what a run consumes, on %s', (database) => {
  /** Lets an agent work by itself: it consumes this and then stands still until it is stopped. */
  async function consuming(usages: readonly RunUsage[], late: readonly RunUsage[] = []) {
    await open(database, { agentMode: 'auto', settings: { pollMs: 50, sweepMs: 50, leaseMs: 2_000 } })
    const { engine, adapter, companyId, agentId } = world
    adapter.script = async ({ emit, signal }) => {
      for (const usage of usages) await emit({ type: 'usage', usage })
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      for (const usage of late) await emit({ type: 'usage', usage })
      return { kind: 'failed', class: 'transient', message: 'stopped' }
    }
    const task = await engine.tasks.create({ companyId, title: 'Long', assigneeAgentId: agentId })
    await engine.start()
    const costs = () => engine.costs.list({ companyId, taskId: task.id })
    await until(costs, ({ items }) => items.length === usages.length)
    const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
    return { task, runId: run?.id ?? '', costs }
  }

  it('is kept as costs of it, by whom and for which model, when it is said', async () => {
    const { task, runId, costs } = await consuming([
      { provider: 'anthropic', model: 'claude', inputTokens: 10, outputTokens: 2, costMicros: 30 },
      { provider: 'open ai', inputTokens: 5, cachedInputTokens: 4, costMicros: 7, billingType: 'subscription' },
      { inputTokens: 3 },
    ])
    const { engine, companyId, agentId } = world
    const of = { source: 'run', runId, taskId: task.id, agentId, adapter: 'scripted' }
    expect((await costs()).items.toReversed()).toMatchObject([
      { ...of, provider: 'anthropic', model: 'claude', costMicros: 30, isImputed: false, billingType: 'unknown' },
      { ...of, provider: 'open_ai', model: null, costMicros: 7, isImputed: true, billingType: 'subscription' },
      { ...of, provider: 'scripted', costMicros: 0 },
    ])
    expect((await engine.runs.get({ runId })).usage).toEqual({ inputTokens: 18, outputTokens: 2, cachedInputTokens: 4, costMicros: 37 })
    expect((await engine.costs.summary({ companyId })).total).toMatchObject({ costMicros: 30, imputedMicros: 7, unpricedEvents: 1 })
    expect((await engine.companies.dashboard({ companyId })).spend).toMatchObject({ costMicros: 30, totalMicros: 30 })
  })

  it('is kept when it is cancelled, also what it says while it stops', async () => {
    const { runId, costs } = await consuming([{ costMicros: 30 }], [{ costMicros: 5 }])
    await world.engine.runs.cancel({ runId })
    await until(costs, ({ items }) => items.length === 2)
    expect((await world.engine.runs.get({ runId })).usage.costMicros).toBe(35)
  })

  it('is kept when it is lost', async () => {
    const { runId, costs } = await consuming([{ costMicros: 30 }], [{ costMicros: 5 }])
    const { engine, watch } = world
    const isLost = async () => {
      await watch.query(`update ${watch.table('leases')} set expires_at = ? where run_id = ?`, ['2001-01-01T00:00:00.000Z', runId])
      return engine.runs.get({ runId })
    }
    await until(isLost, ({ status }) => status === 'lost')
    await until(costs, ({ items }) => items.filter((item) => item.runId === runId).length === 2)
    expect((await engine.runs.get({ runId })).usage.costMicros).toBe(35)
  })

  it('is kept when it is handed back', async () => {
    const { runId } = await consuming([{ costMicros: 30 }], [{ costMicros: 5 }])
    const { engine } = world
    const told: number[] = []
    const ended: string[] = []
    engine.on('cost.recorded', ({ data }) => void told.push(data.costMicros))
    engine.on('run.cancelled', ({ entity }) => void ended.push(entity.id))
    await engine.stop()
    expect([told, ended]).toEqual([[5], [runId]])
    world = await createWorld()
  })
})

describe('the usage of a run', () => {
  it('counts once, however often it is told', async () => {
    const { engine } = await open('sqlite')
    const { api, runId } = await held()
    const usages = [
      { sequence: 1, costMicros: 5 },
      { sequence: 2, inputTokens: 7, costMicros: 2 },
    ]
    await Promise.all([api.runs.recordUsage({ runId, usages }), api.runs.recordUsage({ runId, usages })])
    await api.runs.recordUsage({ runId, usages: [...usages, { sequence: 3, costMicros: 1 }] })
    expect((await engine.runs.get({ runId })).usage).toMatchObject({ inputTokens: 7, costMicros: 8 })
  })

  it('that is the total of a conversation is charged by what it grew', async () => {
    const { engine, companyId, agentId } = await open('sqlite')
    const { api, runId, task } = await held()
    const total = (sequence: number, costMicros: number) => ({
      sequence,
      model: 'm',
      costMicros,
      inputTokens: costMicros,
      cumulative: true,
    })
    const tell = (run: { api: Api; runId: string }, usage: ReturnType<typeof total>, isResumed = false) =>
      run.api.runs.recordUsage({ runId: run.runId, usages: [usage], isResumed })
    const usageOf = async (id: string) => (await engine.runs.get({ runId: id })).usage.costMicros
    await tell({ api, runId }, total(1, 100))
    await tell({ api, runId }, total(2, 150))
    // The same again, and the one before it.
    await tell({ api, runId }, total(2, 150))
    await tell({ api, runId }, total(1, 100))
    await tell({ api, runId }, total(3, 150))
    expect(await usageOf(runId)).toBe(150)
    await api.tasks.release({ taskId: task.id })
    const next = await checkOutAgain(task.id)
    await tell(next, total(1, 190), true)
    expect(await usageOf(next.runId)).toBe(40)
    // Its counters began anew, as when the program forgot its conversation.
    await tell(next, total(2, 20), true)
    expect(await usageOf(next.runId)).toBe(60)
    await next.api.tasks.release({ taskId: task.id })
    const fresh = await checkOutAgain(task.id)
    await tell(fresh, total(1, 500))
    expect(await usageOf(fresh.runId)).toBe(500)
    expect((await engine.costs.byAgent({ companyId })).items).toMatchObject([{ agentId, costMicros: 710 }])
  })

  async function checkOutAgain(taskId: string) {
    const { engine, agentId } = world
    const { run, credential } = await engine.tasks.checkout({ taskId, agentId })
    const actor = (await engine.authenticate(credential ?? '')) as RunActor
    return { runId: run.id, api: engine.as(actor) as Api }
  }

  it('of a company whose sums are damaged is repaired from what was spent', async () => {
    const { engine, companyId, watch } = await open('sqlite')
    await engine.costs.report({ companyId, sourceEventId: 'one', ...cost })
    await watch.query(`update ${watch.table('cost_totals')} set cost_micros = cost_micros + 7 where company_id = ? and scope = 'day'`, [
      companyId,
    ])
    const { checks } = await engine.verify()
    expect(checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name)).toEqual(['cost_totals_add_up_costs'])
    expect(await engine.repair()).toMatchObject({ companies: 1 })
    expect((await engine.costs.summary({ companyId })).today.costMicros).toBe(500)
    expect(await engine.repair()).toEqual({ agents: 0, companies: 0 })
  })

  it('may be told for it by nobody but itself', async () => {
    const { engine, companyId } = await open('sqlite')
    const { runId } = await held()
    const other = await held('Other')
    const usages = [{ sequence: 1, costMicros: 5 }]
    expect(await errorOf(other.api.runs.recordUsage({ runId, usages }))).toMatchObject({ code: 'forbidden' })
    const operator = engine.as({ kind: 'user', id: 'u', roles: { [companyId]: 'owner' } })
    expect(await errorOf(operator.runs.recordUsage({ runId, usages }))).toMatchObject({ code: 'forbidden' })
    const input = { runId, fence: 1, usages }
    expect(await engine.execute('runs.recordLateUsage', { input, actor: systemActor })).toMatchObject({ usage: { costMicros: 5 } })
  })
})
