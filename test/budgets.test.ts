import { describe, expect, it } from 'vitest'

import { begin, createShop, dollars, priced, problemsOf, spend, unpriced } from './support/budgets.ts'
import { board, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('a budget on %s', (database) => {
  const open = async () => createShop({ storage: await newStorage(database) })

  it('is set, shown with what is used of it, and changed by its version', async () => {
    const world = await open()
    const { companyId, agentId } = world
    const people = world.engine.as(board)
    const budget = await people.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 50 })
    expect(budget).toMatchObject({
      limit: dollars(0.5),
      limitCents: 50,
      window: 'month_utc',
      metric: 'micros',
      warnPercent: 80,
      version: 1,
    })
    await spend(await begin(world), dollars(0.1))
    expect(await people.budgets.get({ budgetId: budget.id })).toMatchObject({
      spent: dollars(0.1),
      held: 0,
      free: dollars(0.4),
      status: 'ok',
    })
    const changed = await people.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 700_000, version: 1 })
    expect(changed).toMatchObject({ id: budget.id, limit: 700_000, spent: dollars(0.1), version: 2 })
    const stale = people.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 1, version: 1 })
    expect(await errorOf(stale)).toMatchObject({ code: 'version_conflict' })
    expect((await people.budgets.list({ companyId, scope: 'agent' })).items).toHaveLength(1)
    expect((await people.budgets.list({ companyId, scope: 'company' })).items).toEqual([])
    await people.budgets.remove({ budgetId: budget.id })
    expect(await errorOf(people.budgets.get({ budgetId: budget.id }))).toMatchObject({ code: 'not_found' })
    expect((await people.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 5 })).spent).toBe(0)
  })

  it('holds what a call may cost, posts what it did cost, and gives back what was never sent', async () => {
    const world = await open()
    const { engine, companyId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const { api, run } = await begin(world)
    const call = { runId: run.id, ...priced, inputTokens: 1_000, maxOutputTokens: 1_000 }
    const { holdId } = await api.budgets.reserve(call)
    const { held, free } = await engine.budgets.get({ budgetId: budget.id })
    expect([held, free]).toEqual([18_750, dollars(1) - 18_750])
    const usage = { inputTokens: 900, outputTokens: 100 }
    const settled = await api.costs.settle({ runId: run.id, holdId: holdId ?? '', usage: { ...usage, ...priced } })
    expect(settled).toMatchObject({ costMicros: 4_200, isPriced: true })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ held: 0, spent: 4_200 })
    // Said again, it counts once.
    await api.costs.settle({ runId: run.id, holdId: holdId ?? '', usage: { ...usage, ...priced } })
    const unsent = await api.budgets.reserve(call)
    await api.budgets.release({ runId: run.id, holdId: unsent.holdId ?? '' })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ held: 0, spent: 4_200 })
    expect((await engine.runs.get({ runId: run.id })).usage).toMatchObject({ inputTokens: 900, outputTokens: 100, costMicros: 4_200 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('holds nothing for a run that is over, whoever asks', async () => {
    const world = await open()
    const { engine, companyId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limit: dollars(1) })
    const { run } = await begin(world)
    const call = { runId: run.id, ...priced, inputTokens: 10, maxOutputTokens: 10 }
    await engine.budgets.reserve(call)
    await engine.runs.cancel({ runId: run.id })
    expect(await errorOf(engine.budgets.reserve(call))).toMatchObject({ code: 'lease_lost' })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ held: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('refuses a call that does not fit, saying which budget, how it stands and who can raise it', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 1_000 })
    const small = await engine.budgets.set({ companyId, scope: 'project', scopeId: project.id, limit: 20_000 })
    const { api, run } = await begin(world, { projectId: project.id })
    const call = { runId: run.id, ...priced, inputTokens: 0, maxOutputTokens: 1_000 }
    await api.budgets.reserve(call)
    expect(await errorOf(api.budgets.reserve(call))).toMatchObject({
      kind: 'budget',
      code: 'budget_exceeded',
      message: expect.stringContaining('the project Shop'),
      details: {
        budgetId: small.id,
        scope: 'project',
        scopeId: project.id,
        limit: 20_000,
        spent: 0,
        held: 15_000,
        free: 5_000,
        needed: 15_000,
        windowEndsAt: expect.stringMatching(/-01T00:00:00.000Z$/),
        raise: { operation: 'budgets.raise', roles: ['admin', 'owner'] },
      },
    })
    // What was refused by one budget is held of none.
    const [company] = (await engine.budgets.list({ companyId, scope: 'company' })).items
    expect(company).toMatchObject({ held: 15_000 })
    expect(await errorOf(api.budgets.reserve({ ...call, ...unpriced }))).toMatchObject({ code: 'budget_unavailable' })
    await engine.runs.cancel({ runId: run.id })
    expect(await engine.budgets.get({ budgetId: small.id })).toMatchObject({ held: 0, spent: 0 })
    expect(agentId).toBeTruthy()
  })

  it('lets the same model be called freely where no hard limit is over it', async () => {
    const world = await open()
    const { engine, companyId } = world
    const { api, run } = await begin(world)
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 1, isHard: false })
    const call = { runId: run.id, ...unpriced, inputTokens: 1_000_000, maxOutputTokens: 1_000_000 }
    expect(await api.budgets.reserve(call)).toEqual({ holdId: null })
  })

  it('warns once, and at its limit stops everything in its scope with one incident and one request', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 50 })
    const worker = await begin(world)
    const waiting = await engine.tasks.create({ companyId, title: 'Next', assigneeAgentId: agentId })
    await spend(worker, dollars(0.4))
    await spend(worker, dollars(0.05))
    expect(await typesOf(world, 'budget.')).toEqual(['budget.set', 'budget.warned'])
    await spend(worker, dollars(0.1))
    expect(await typesOf(world, 'budget.')).toEqual(['budget.set', 'budget.warned', 'budget.exhausted'])
    expect(await engine.runs.get({ runId: worker.run.id })).toMatchObject({ status: 'cancelled', errorMessage: 'budget' })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    expect(await engine.tasks.get({ taskId: worker.taskId })).toMatchObject({ status: 'todo' })
    const refused = await errorOf(engine.tasks.checkout({ taskId: waiting.id, agentId }))
    expect(refused).toMatchObject({ code: 'budget_exceeded', details: { spent: dollars(0.55), free: 0, approvalId: expect.any(String) } })
    expect(await errorOf(engine.runs.retry({ runId: worker.run.id }))).toMatchObject({ code: 'budget_exceeded' })
    expect(await errorOf(engine.agents.resume({ agentId }))).toMatchObject({ code: 'budget_exceeded' })
    const [incident, ...others] = (await engine.budgets.incidents({ companyId, status: 'open' })).items
    expect([incident?.budgetId, others]).toEqual([budget.id, []])
    const approvals = (await engine.approvals.list({ companyId, type: 'budget_override' })).items
    expect(approvals).toMatchObject([
      { id: incident?.approvalId, status: 'pending', requestedBy: { kind: 'system' }, payload: { proposedLimit: 1_050_000 } },
    ])
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is raised by the approval of the request, and work goes on', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, executionMode: 'auto' })
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 50 })
    const task = await engine.tasks.create({ companyId, title: 'Next', assigneeAgentId: agentId })
    await spend(await begin(world), dollars(0.6))
    expect((await engine.runs.list({ companyId, taskId: task.id })).items).toMatchObject([{ status: 'cancelled' }])
    const [approval] = (await engine.approvals.list({ companyId, status: 'pending' })).items
    const people = engine.as(board)
    const sentBack = people.approvals.requestRevision({ approvalId: approval?.id ?? '', note: 'Less' })
    expect(await errorOf(sentBack)).toMatchObject({ code: 'rule_violated' })
    await people.approvals.approve({ approvalId: approval?.id ?? '', payloadHash: approval?.payloadHash ?? '', limit: dollars(2) })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ limit: dollars(2), status: 'ok', isStopped: false })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle' })
    expect((await engine.budgets.incidents({ companyId })).items).toMatchObject([
      { status: 'resolved', resolution: 'raised', resolvedBy: { id: 'board' } },
    ])
    const runs = (await engine.runs.list({ companyId, taskId: task.id })).items.map(({ status }) => status)
    expect(runs.toSorted()).toEqual(['cancelled', 'queued'])
    expect(await problemsOf(engine)).toEqual([])
  })

  it('stays stopped when the request is rejected, until it is raised', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 50 })
    const task = await engine.tasks.create({ companyId, title: 'Next' })
    await spend(await begin(world), dollars(0.6))
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    const [approval] = (await engine.approvals.list({ companyId, status: 'pending' })).items
    await engine.as(board).approvals.reject({ approvalId: approval?.id ?? '', note: 'enough' })
    expect((await engine.budgets.incidents({ companyId })).items).toMatchObject([{ status: 'resolved', resolution: 'kept_paused' }])
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id, agentId }))).toMatchObject({ code: 'budget_exceeded' })
    expect(await errorOf(engine.companies.resume({ companyId }))).toMatchObject({ code: 'budget_exceeded' })
    expect(await errorOf(engine.budgets.raise({ budgetId: budget.id, limit: dollars(0.55) }))).toMatchObject({ code: 'rule_violated' })
    await engine.budgets.raise({ budgetId: budget.id, limitCents: 100 })
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'active' })
    expect((await engine.tasks.checkout({ taskId: task.id, agentId })).task.status).toBe('in_progress')
  })

  it.each(['project', 'task'] as const)('over a %s stops that and nothing else', async (scope) => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    const worker = await begin(world, { projectId: project.id })
    const scopeId = scope === 'project' ? project.id : worker.taskId
    const budget = await engine.budgets.set({ companyId, scope, scopeId, limit: 10 })
    await spend(worker, 10)
    expect(await engine.runs.get({ runId: worker.run.id })).toMatchObject({ status: 'cancelled' })
    expect(await errorOf(engine.tasks.checkout({ taskId: worker.taskId, agentId }))).toMatchObject({ code: 'budget_exceeded' })
    const own = await engine
      .as({ kind: 'agent', id: agentId, companyId })
      .tasks.next({})
      .catch((error: unknown) => error)
    expect(own).not.toMatchObject({ task: { id: worker.taskId } })
    await begin(world)
    await engine.budgets.resolveIncident({
      incidentId: (await engine.budgets.incidents({ companyId, status: 'open' })).items[0]?.id ?? '',
      action: 'raise',
      limit: 100,
    })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ isStopped: false, limit: 100 })
    expect((await engine.approvals.list({ companyId, type: 'budget_override' })).items).toMatchObject([{ status: 'cancelled' }])
    expect((await engine.tasks.checkout({ taskId: worker.taskId, agentId })).task.status).toBe('in_progress')
  })

  it('crossed by ten charges at once keeps ten of them, with one incident, one request and no error', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, maxConcurrentRuns: 20 })
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 55 })
    const workers = await Promise.all(Array.from({ length: 10 }, () => begin(world)))
    const ends = await Promise.allSettled(
      workers.map(({ api, run }) => api.runs.report({ runId: run.id, outcome: { kind: 'done' }, usage: { costMicros: 10 } })),
    )
    const lost = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason.code)] : []))
    // A run that was stopped at the limit has lost its lease, and is told so.
    expect(lost.filter((code) => code !== 'lease_lost')).toEqual([])
    const { spent } = await engine.budgets.get({ budgetId: budget.id })
    expect(spent).toBe(10 * (10 - lost.length))
    expect(spent).toBeGreaterThanOrEqual(60)
    expect((await engine.budgets.incidents({ companyId })).items).toHaveLength(1)
    expect((await engine.approvals.list({ companyId, type: 'budget_override' })).items).toHaveLength(1)
    expect(await problemsOf(engine)).toEqual([])
  })
})

async function typesOf({ engine, companyId }: Awaited<ReturnType<typeof createShop>>, prefix: string): Promise<string[]> {
  const { items } = await engine.events.list({ companyId, limit: 100 })
  return items.map(({ type }) => type).filter((type) => type.startsWith(prefix))
}
