import { describe, expect, it, onTestFinished } from 'vitest'

import { hangs, scriptedAdapter } from '@engine/testing'

import { problemsOf } from './support/budgets.ts'
import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const cents = 10_000

async function createOffice(family: 'sqlite' | 'postgres', adapter = scriptedAdapter({ metering: 'final' })) {
  const world = await createWorld({ adapter, storage: await newStorage(family) })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId, agentId } = world
  const assign = (title = 'Work') => engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
  return { ...world, assign }
}

async function taskIn({ engine }: Pick<World, 'engine'>, taskId: string, wanted: string) {
  return until(
    () => engine.tasks.get({ taskId }),
    ({ status }) => status === wanted,
  )
}

async function agentIn({ engine, agentId }: Pick<World, 'engine' | 'agentId'>, wanted: string) {
  return until(
    () => engine.agents.get({ agentId }),
    ({ status }) => status === wanted,
  )
}

describe.each(['sqlite', 'postgres'] as const)('a run that tells only at its end what it used, on %s', (family) => {
  it('does not start under a hard limit on money without a cap, and says what to set', async () => {
    const world = await createOffice(family)
    const { engine, adapter, companyId, agentId, assign } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const task = await assign()
    await engine.start()
    const agent = await agentIn(world, 'error')
    expect(agent).toMatchObject({ errorCode: 'run_cap_required', errorMessage: expect.stringMatching(/maxCostMicrosPerRun of Ada/) })
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'todo', startedAt: null })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 0, held: 0, free: 100 * cents })
    const [queued] = (await engine.runs.list({ companyId, taskId: task.id })).items
    const { next } = await engine.runs.get({ runId: queued?.id ?? '' })
    expect(next).toMatchObject({ code: 'run_cap_required', owner: 'operator', message: expect.stringContaining('maxCostMicrosPerRun') })
    expect(adapter.turns).toEqual([])

    await engine.agents.update({ agentId, maxCostMicrosPerRun: 30 * cents })
    await taskIn(world, task.id, 'done')
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is named with its adapters to whoever sets such a limit, and to nobody once its cap is set', async () => {
    const { engine, companyId, agentId, assign } = await createOffice(family)
    const set = (more: object) => engine.budgets.set({ companyId, scope: 'company', limitCents: 100, ...more })
    const ada = { agentId, name: 'Ada', adapterTypes: ['scripted'] }
    const budget = await set({})
    expect(budget.agentsWithoutCap).toEqual([ada])
    expect((await engine.budgets.agentsWithoutCap({ budgetId: budget.id })).agentsWithoutCap).toEqual([ada])
    expect((await engine.budgets.raise({ budgetId: budget.id, limitCents: 200 })).agentsWithoutCap).toEqual([ada])
    expect((await set({ metric: 'runs', limitCents: undefined, limit: 5 })).agentsWithoutCap).toEqual([])
    expect((await set({ window: 'day', isHard: false })).agentsWithoutCap).toEqual([])

    const [person, other] = await Promise.all([
      engine.agents.create({ companyId, name: 'Grace', role: 'writer', adapterType: 'human', executionMode: 'human' }),
      engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'polling' }),
    ])
    const over = async (scope: 'agent' | 'task', scopeId: string) => (await set({ scope, scopeId })).agentsWithoutCap
    for (const each of [person, other]) expect(await over('agent', each.id)).toEqual([])
    expect(await over('agent', agentId)).toEqual([ada])
    const [given, free] = [await assign(), await engine.tasks.create({ companyId, title: 'Free' })]
    expect(await over('task', given.id)).toEqual([ada])
    expect(await over('task', free.id)).toEqual([])
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 30 * cents })
    expect(await engine.budgets.agentsWithoutCap({ budgetId: budget.id })).toEqual({ agentsWithoutCap: [], moreAgentsWithoutCap: 0 })
  })

  it('is named among the first twenty by name, and beyond them counted', async () => {
    const { engine, companyId } = await createOffice(family)
    const names = Array.from({ length: 23 }, (_, at) => `Bee ${String(at).padStart(2, '0')}`)
    for (const name of names) await engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted' })
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    expect(budget.agentsWithoutCap.map(({ name }) => name)).toEqual(['Ada', ...names.slice(0, 19)])
    expect(budget.moreAgentsWithoutCap).toBe(4)
    expect(await engine.budgets.agentsWithoutCap({ budgetId: budget.id })).toMatchObject({ moreAgentsWithoutCap: 4 })
    expect(await engine.budgets.raise({ budgetId: budget.id, limitCents: 200 })).toMatchObject({ moreAgentsWithoutCap: 4 })
  })

  it('is refused at once where somebody starts it by hand', async () => {
    const { engine, companyId, agentId } = await createOffice(family)
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const task = await engine.tasks.create({ companyId, title: 'Work' })
    const refusal = await errorOf(engine.agents.invoke({ agentId, taskId: task.id }))
    expect(refusal).toMatchObject({
      code: 'run_cap_required',
      kind: 'budget',
      details: { agentId, field: 'maxCostMicrosPerRun', scope: 'company', raise: { operation: 'agents.update' } },
    })
    expect((await engine.runs.list({ companyId })).items).toEqual([])
  })

  it('is held its whole cap, so that others may work beside it', async () => {
    const { engine, adapter, companyId, agentId, assign } = await createOffice(family)
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 30 * cents, maxConcurrentRuns: 5 })
    adapter.script = hangs()
    for (const title of ['One', 'Two', 'Three', 'Four']) await assign(title)
    await engine.start()
    await until(
      () => engine.budgets.get({ budgetId: budget.id }),
      ({ held }) => held === 90 * cents,
    )
    // The fourth waits for one of the others, since less than its cap is free.
    const waiting = await until(
      async () => (await engine.runs.list({ companyId, status: 'queued' })).items,
      ([run]) => run !== undefined && run.availableAt > run.createdAt,
    )
    expect(waiting).toHaveLength(1)
    expect(adapter.turns).toHaveLength(3)
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ held: 90 * cents, free: 10 * cents })
  })

  it('for which there will be no room leaves its task blocked with the reason, and stops nobody else', async () => {
    const world = await createOffice(family)
    const { engine, companyId, agentId, assign } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    await engine.costs.report({ companyId, sourceEventId: 'bill', provider: 'x', costMicros: 60 * cents })
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 50 * cents })
    const task = await assign()
    await engine.start()
    const { blocked } = await taskIn(world, task.id, 'blocked')
    expect(blocked).toMatchObject({ owner: 'operator', reason: expect.stringMatching(/no \$0\.50 left.*maxCostMicrosPerRun/s) })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ held: 0, isStopped: false })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle' })
    expect((await engine.runs.list({ companyId, status: 'queued' })).items).toEqual([])
  })

  it('stops the work at a limit of which hardly anything is left, until it is raised', async () => {
    const world = await createOffice(family)
    const { engine, companyId, agentId, assign } = world
    const budget = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 100 })
    await engine.costs.report({ companyId, agentId, sourceEventId: 'bill', provider: 'x', costMicros: 96 * cents })
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 30 * cents })
    const task = await assign()
    await engine.start()
    expect(await agentIn(world, 'paused')).toMatchObject({ pauseReason: 'budget' })
    expect((await engine.budgets.incidents({ companyId })).items).toHaveLength(1)
    await engine.budgets.raise({ budgetId: budget.id, limitCents: 200 })
    await taskIn(world, task.id, 'done')
    expect(await problemsOf(engine)).toEqual([])
  })

  it('needs no cap where a limit counts something else, only warns, or lies over other work', async () => {
    const world = await createOffice(family)
    const { engine, companyId, assign } = world
    const other = await engine.projects.create({ companyId, name: 'Other' })
    await engine.budgets.set({ companyId, scope: 'company', metric: 'runs', limit: 5 })
    await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 5_000 })
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100, isHard: false })
    await engine.budgets.set({ companyId, scope: 'project', scopeId: other.id, limitCents: 100 })
    const task = await assign()
    await engine.start()
    await taskIn(world, task.id, 'done')
  })

  it('of an agent that works by its key needs no cap, for it asks before each call', async () => {
    const { engine, companyId, agentId } = await createOffice(family)
    await engine.agents.update({ agentId, executionMode: 'manual' })
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const task = await engine.tasks.create({ companyId, title: 'Work' })
    const { run, credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
    const actor = await engine.authenticate(credential ?? '')
    if (actor?.kind !== 'run') throw new Error('the credential of the checkout is not that of a run')
    const outcome = { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Go on?' } } } as const
    await engine.as(actor).runs.report({ runId: run.id, outcome })
    const { next } = await engine.runs.get({ runId: run.id })
    expect(next).toMatchObject({ kind: 'waits' })
    expect(next?.code).not.toBe('run_cap_required')
  })

  it('of an adapter that calls no model needs none, and is held no money', async () => {
    const world = await createOffice(family, scriptedAdapter({ metering: 'none' }))
    const { engine, adapter, companyId, assign } = world
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const held: number[] = []
    adapter.script = async ({ emit }) => {
      held.push((await engine.budgets.get({ budgetId: budget.id })).held)
      await emit({ type: 'usage', usage: { costMicros: 7 } })
      return { kind: 'done' }
    }
    const task = await assign()
    await engine.start()
    await taskIn(world, task.id, 'done')
    expect(held).toEqual([0])
    // What it says that it used counts all the same.
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 7, held: 0 })
  })
})
