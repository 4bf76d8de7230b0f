import { describe, expect, it } from 'vitest'

import { begin, createShop, dollars, spend } from './support/budgets.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

async function staff() {
  const world = await createShop()
  const { engine, companyId } = world
  const hire = async (name: string, reportsTo: string | null = null) =>
    (await engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted', executionMode: 'manual', reportsTo })).id
  const bossId = await hire('Boss')
  const leadId = await hire('Lead', bossId)
  const handId = await hire('Hand', leadId)
  const otherId = await hire('Other')
  const as = (id: string) => engine.as({ kind: 'agent', id, companyId })
  const set = (id: string, scopeId: string, more: object = {}) =>
    as(id).budgets.set({ companyId, scope: 'agent', scopeId, limit: dollars(1), ...more })
  return { ...world, bossId, leadId, handId, otherId, as, set }
}

describe('budgets', () => {
  it('are set by a manager for the agents below it, however far, and raised by it', async () => {
    const { set, as, bossId, leadId, handId, companyId } = await staff()
    expect(await set(bossId, handId)).toMatchObject({ scopeId: handId })
    const budget = await set(leadId, handId, { limit: dollars(2) })
    expect(budget).toMatchObject({ limit: dollars(2) })
    expect(await as(bossId).budgets.raise({ budgetId: budget.id, limit: dollars(3) })).toMatchObject({ limit: dollars(3) })
    expect((await as(handId).budgets.list({ companyId })).items).toHaveLength(1)
  })

  it('are never set by an agent for itself, for those beside or above it, or for anything else', async () => {
    const { set, as, bossId, leadId, handId, otherId, companyId } = await staff()
    for (const refused of [set(leadId, leadId), set(leadId, bossId), set(leadId, otherId), set(handId, leadId)])
      expect(await errorOf(refused)).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(as(bossId).budgets.set({ companyId, scope: 'company', limit: 1 }))).toMatchObject({ code: 'forbidden' })
  })

  it('are removed and made soft by people only, and by no run', async () => {
    const world = await staff()
    const { set, as, bossId, handId, engine, companyId } = world
    const budget = await set(bossId, handId)
    expect(await errorOf(as(bossId).budgets.remove({ budgetId: budget.id }))).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(set(bossId, handId, { isHard: false }))).toMatchObject({ code: 'forbidden' })
    const { api } = await begin(world, { agentId: bossId })
    expect(await errorOf(api.budgets.set({ companyId, scope: 'agent', scopeId: handId, limit: 1 }))).toMatchObject({ code: 'forbidden' })
    const operator = engine.as({ kind: 'user', id: 'o', roles: { [companyId]: 'operator' } })
    expect(await errorOf(operator.budgets.set({ companyId, scope: 'company', limit: 1 }))).toMatchObject({ code: 'forbidden' })
  })

  it('name who can raise them when they refuse', async () => {
    const world = await staff()
    const { engine, bossId, leadId, handId, set } = world
    await set(bossId, handId, { limit: 10 })
    const worker = await begin(world, { agentId: handId })
    await spend(worker, 10)
    expect(await errorOf(engine.tasks.checkout({ taskId: worker.taskId, agentId: handId }))).toMatchObject({
      message: expect.stringContaining('a manager above that agent'),
      details: { raise: { managerAgentIds: [leadId, bossId] } },
    })
    await engine.budgets.set({ companyId: world.companyId, scope: 'agent', scopeId: world.agentId, limit: 0 })
    const { id: taskId } = await engine.tasks.create({ companyId: world.companyId, title: 'Of one without a manager' })
    expect(await errorOf(engine.tasks.checkout({ taskId, agentId: world.agentId }))).toMatchObject({
      message: expect.stringContaining('; an admin or an owner can raise it before'),
      details: { raise: { managerAgentIds: [] } },
    })
  })

  it('are answered with what is wrong, whatever is said', async () => {
    const { engine, companyId, agentId, handId } = await staff()
    const set = (more: object) => engine.budgets.set({ companyId, scope: 'company', limit: 1, ...more })
    for (const limit of [-1, 0.5, Number.NaN, 1e308, 2 ** 53])
      expect(await errorOf(set({ limit }))).toMatchObject({ code: 'invalid_input' })
    for (const more of [{ limitCents: 1 }, { scopeId: agentId }, { scope: 'task' }, { scope: 'task', scopeId: handId }])
      expect(await errorOf(set(more))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(set({ limit: undefined, limitCents: 5, metric: 'runs' }))).toMatchObject({ code: 'rule_violated' })
    const most = await set({ limit: Number.MAX_SAFE_INTEGER })
    expect(most.limit).toBe(Number.MAX_SAFE_INTEGER)
  })

  it.each(['sqlite', 'postgres'])('are over a task by its id and by its identifier, also in a list, on %s', async (database) => {
    const { engine, companyId, agentId } = await createShop({ storage: await newStorage(database) })
    const task = await engine.tasks.create({ companyId, title: 'Print' })
    const byIdentifier = { companyId, scope: 'task', scopeId: task.identifier.toLowerCase() } as const
    const budget = await engine.budgets.set({ ...byIdentifier, limit: 100 })
    expect(budget).toMatchObject({ scopeId: task.id, limit: 100 })
    expect(await engine.budgets.set({ ...byIdentifier, scopeId: task.id, limit: 200 })).toMatchObject({ id: budget.id, limit: 200 })
    await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 100 })
    for (const scopeId of [task.id, task.identifier]) {
      const { items } = await engine.budgets.list({ companyId, scopeId })
      expect(items.map(({ id }) => id)).toEqual([budget.id])
    }
    expect((await engine.budgets.list({ companyId, scopeId: 'NOPE-1' })).items).toEqual([])
    for (const scope of ['agent', 'project'] as const)
      expect(await errorOf(engine.budgets.set({ ...byIdentifier, scope, limit: 1 }))).toMatchObject({ code: 'rule_violated' })
    await engine.tasks.cancel({ taskId: task.id })
    await engine.tasks.delete({ taskId: task.id })
    expect(await errorOf(engine.budgets.set({ ...byIdentifier, scopeId: task.id, limit: 1 }))).toMatchObject({ code: 'rule_violated' })
  })

  it('take a limit below what is used, and let nothing more begin', async () => {
    const world = await staff()
    const { engine, companyId, agentId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limit: 100 })
    await spend(await begin(world), 60)
    expect(await engine.budgets.set({ companyId, scope: 'company', limit: 50 })).toMatchObject({
      isStopped: true,
      free: 0,
      status: 'exhausted',
    })
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'paused' })
    expect(await engine.budgets.raise({ budgetId: budget.id, limit: 61 })).toMatchObject({ isStopped: false, free: 1 })
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'active' })
    expect(agentId).not.toBe('')
  })

  it('that stopped when hardly anything was left let work go on under more, and not by other terms', async () => {
    const world = await staff()
    const { engine, companyId, agentId } = world
    const set = (more: object) => engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, ...more })
    const { id: budgetId } = await set({ limit: 100 })
    const { run, api } = await begin(world)
    await api.costs.settle({ runId: run.id, usage: { costMicros: 96 } })
    const outcome = { kind: 'failed', class: 'quota', message: 'a call was refused' } as const
    await api.runs.report({ runId: run.id, outcome, budgetId, isOverBudget: true })
    const status = async () => (await engine.agents.get({ agentId })).status
    expect(await status()).toBe('paused')
    expect(await set({ warnPercent: 50 })).toMatchObject({ isStopped: true })
    expect(await set({ limit: 97 })).toMatchObject({ isStopped: true })
    expect(await status()).toBe('paused')
    expect(await set({ limit: 98 })).toMatchObject({ isStopped: false })
    expect(await status()).toBe('idle')
  })

  it('warn at once when they are changed so that their limit is near', async () => {
    const world = await staff()
    const { engine, companyId } = world
    const set = (more: object) => engine.budgets.set({ companyId, scope: 'company', ...more })
    const warnings = async () => (await engine.events.list({ companyId })).items.filter(({ type }) => type === 'budget.warned')
    const { id: budgetId } = await set({ limit: 1_000 })
    await spend(await begin(world), 90)
    expect(await set({ limit: 100 })).toMatchObject({ status: 'warned' })
    expect(await set({ limit: 105 })).toMatchObject({ status: 'warned' })
    expect(await warnings()).toMatchObject([{ data: { limit: 100, spent: 90 } }])
    expect(await set({ limit: 1_000 })).toMatchObject({ status: 'ok' })
    const warned = await set({ warnPercent: 9 })
    expect(warned).toMatchObject({ status: 'warned' })
    expect(await warnings()).toHaveLength(2)
    expect((await engine.budgets.get({ budgetId })).version).toBe(warned.version)
  })

  it('let go what they stopped when they are removed', async () => {
    const world = await staff()
    const { engine, companyId } = world
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'company', limit: 10 })
    await spend(await begin(world), 10)
    await engine.budgets.remove({ budgetId })
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'active' })
    expect((await engine.budgets.incidents({ companyId })).items).toMatchObject([{ resolution: 'removed' }])
  })
})
