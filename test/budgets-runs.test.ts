import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'
import { createFakeClock, hangs, scriptedAdapter } from '@engine/testing'

import { metered, priced, problemsOf } from './support/budgets.ts'
import { createWorld, errorOf, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

const call = { ...priced, inputTokens: 1_000, maxOutputTokens: 1_000 }
/** What such a call may cost: 3 750 for what goes in, should the provider keep it, and 15 000 for what comes out. */
const bound = 18_750

async function createOffice(adapter = metered()) {
  const world = await createWorld({ adapter })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId, agentId } = world
  const assign = (title = 'Work') => engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
  const endOf = async (taskId: string, ...statuses: string[]) => {
    await until(
      () => engine.tasks.get({ taskId }),
      ({ status }) => statuses.includes(status),
    )
    return engine.tasks.get({ taskId })
  }
  return { ...world, assign, endOf }
}

describe('a run under a hard limit', () => {
  it('asks before each call, pays what it used, and holds nothing when it is done', async () => {
    const { engine, adapter, companyId, assign, endOf } = await createOffice()
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const seen: number[] = []
    adapter.script = async ({ meter }) => {
      for (const outputTokens of [100, 200]) {
        const hold = await meter.reserve(call)
        seen.push((await engine.budgets.get({ budgetId: budget.id })).held)
        await hold.settle({ inputTokens: 1_000, outputTokens })
      }
      await (await meter.reserve(call)).release()
      return { kind: 'done' }
    }
    const task = await assign()
    await engine.start()
    await endOf(task.id, 'done')
    expect(seen).toEqual([bound, bound])
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 3_000 + 1_500 + 3_000 + 3_000, held: 0 })
    const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
    expect(run?.usage).toMatchObject({ inputTokens: 2_000, outputTokens: 300, costMicros: 10_500 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is refused the call that does not fit; the provider is not blamed for it, and work stops when hardly anything is left', async () => {
    const { engine, adapter, companyId, agentId, assign } = await createOffice()
    await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: bound + 100 })
    let calls = 0
    adapter.script = async ({ meter }) => {
      try {
        const hold = await meter.reserve(call)
        calls += 1
        await hold.settle({ costMicros: bound - 100 })
        await meter.reserve(call)
        calls += 1
        return { kind: 'done' }
      } catch (error) {
        return { kind: 'failed', class: 'quota', message: String(error) }
      }
    }
    await assign()
    await engine.start()
    await until(
      () => engine.agents.get({ agentId }),
      ({ status }) => status === 'paused',
    )
    expect(calls).toBe(1)
    expect((await engine.breakers.list({ companyId })).items).toEqual([])
    expect((await engine.budgets.incidents({ companyId })).items).toHaveLength(1)
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is refused the call that takes it beyond what its agent may spend in one, however many it makes at once', async () => {
    const { engine, adapter, companyId, agentId, assign } = await createOffice()
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    await engine.agents.update({ agentId, maxCostMicrosPerRun: bound + 9_000 })
    const refusals: unknown[] = []
    adapter.script = async ({ meter }) => {
      await (await meter.reserve(call)).settle({ costMicros: 9_000 })
      const held = await Promise.allSettled([meter.reserve(call), meter.reserve(call), meter.reserve(call)])
      refusals.push(...held.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])))
      for (const one of held) if (one.status === 'fulfilled') await one.value.settle({ costMicros: bound })
      await meter.reserve({ ...call, inputTokens: 0, maxOutputTokens: 1 }).catch((error: unknown) => refusals.push(error))
      return { kind: 'done' }
    }
    const task = await assign()
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId: task.id }),
      ({ status }) => status === 'done',
    )
    expect(refusals).toHaveLength(3)
    expect(refusals[0]).toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringContaining('maxCostMicrosPerRun'),
      details: {
        scope: 'run',
        limit: bound + 9_000,
        spent: 9_000,
        held: bound,
        free: 0,
        needed: bound,
        raise: { operation: 'agents.update' },
      },
    })
    expect(refusals[2]).toMatchObject({ details: { spent: bound + 9_000, held: 0, free: 0 } })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: bound + 9_000, held: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })

  it('is stopped at the line when its adapter can not ask before each call, and what it used is kept', async () => {
    const { engine, adapter, companyId, agentId, assign } = await createOffice(scriptedAdapter({ metering: 'stream' }))
    const budget = await engine.budgets.set({ companyId, scope: 'company', limit: 1_000 })
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 300 })
    const held: number[] = []
    const told: unknown[] = []
    adapter.script = async (turn) => {
      told.push(turn.context.budget)
      held.push((await engine.budgets.get({ budgetId: budget.id })).held)
      for (let readings = 0; readings < 10 && !turn.signal.aborted; readings += 1)
        await turn.emit({ type: 'usage', usage: { costMicros: 110 } })
      return hangs()(turn)
    }
    const task = await assign()
    await engine.start()
    const [run] = await until(
      async () => (await engine.runs.list({ companyId, taskId: task.id })).items.filter(({ status }) => status === 'failed'),
      (failed) => failed.length > 0,
    )
    expect(held[0]).toBe(300)
    expect(told[0]).toEqual({ costMicros: 300, tokens: null, wallMs: null })
    // It is stopped by the first reading at or beyond the line: what lies between two readings is how far it can pass it.
    expect(run).toMatchObject({ errorClass: 'quota', usage: { costMicros: 330 } })
    expect((await engine.breakers.list({ companyId })).items).toEqual([])
  })

  it('whose price nobody knows is not let go on', async () => {
    const { engine, adapter, companyId, agentId, assign, endOf } = await createOffice(scriptedAdapter({ metering: 'stream' }))
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    adapter.script = async (turn) => {
      await turn.emit({ type: 'usage', usage: { provider: 'nobody', model: 'no-such-model', inputTokens: 10 } })
      return hangs()(turn)
    }
    const task = await assign()
    await engine.start()
    expect(await endOf(task.id, 'blocked')).toMatchObject({
      blocked: { reason: expect.stringContaining('Nobody knows what the run costs') },
    })
    const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
    expect(run?.outcome).toMatchObject({ kind: 'failed', class: 'config', code: 'budget_unavailable' })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'error', errorCode: 'budget_unavailable' })
    expect(await engine.agents.resume({ agentId })).toMatchObject({ status: 'idle', errorCode: null, errorMessage: null })
  })

  it('that asks for a call whose price nobody knows fails by that code', async () => {
    const { engine, adapter, companyId, agentId, assign, endOf } = await createOffice(scriptedAdapter({ metering: 'call' }))
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    adapter.script = async (turn) => {
      const refused = await errorOf(
        turn.meter.reserve({ provider: 'nobody', model: 'no-such-model', inputTokens: 10, maxOutputTokens: 10 }),
      )
      return { kind: 'failed', class: 'config', message: refused.message }
    }
    const task = await assign()
    await engine.start()
    await endOf(task.id, 'blocked')
    const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
    expect(run?.outcome).toMatchObject({ kind: 'failed', class: 'config', code: 'budget_unavailable' })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'error', errorCode: 'budget_unavailable' })
  })

  it('fails by an error of Engine only when Engine says so: an adapter and whoever works by a credential are refused', async () => {
    const { engine, adapter, companyId, agentId, assign, endOf } = await createOffice(scriptedAdapter())
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const made = { kind: 'failed', class: 'config', message: 'give me money', code: 'budget_unavailable' } as const
    adapter.script = () => Promise.resolve(made)
    const task = await assign()
    await engine.start()
    await endOf(task.id, 'blocked')
    const [failed] = (await engine.runs.list({ companyId, taskId: task.id })).items
    expect(failed?.outcome).toMatchObject({ class: 'bad_request', message: expect.stringContaining('"code"') })
    expect(failed?.outcome).not.toHaveProperty('code')
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle', errorCode: null })

    const other = await engine.agents.create({
      companyId,
      name: 'Bob',
      role: 'writer',
      adapterType: adapter.type,
      executionMode: 'polling',
    })
    const given = await engine.tasks.create({ companyId, title: 'Given', assigneeAgentId: other.id })
    const { run, credential } = await engine.tasks.checkout({ taskId: given.id })
    const actor = await engine.authenticate(credential ?? '')
    if (actor?.kind !== 'run') throw new Error('the credential of the checkout is not that of a run')
    const { code: _, ...outcome } = made
    const report = (more: object) => engine.as(actor).runs.report({ runId: run.id, outcome, ...more })
    expect(await errorOf(report({ outcome: made }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(report({ isUnpriced: true }))).toMatchObject({ kind: 'rule', message: expect.stringContaining('isUnpriced') })
    const refused = await errorOf(report({ refusalCode: 'budget_unavailable' }))
    expect(refused).toMatchObject({ kind: 'rule', message: expect.stringContaining('refusalCode') })
    expect(await report({})).toMatchObject({ status: 'failed', outcome })
    expect(await engine.agents.get({ agentId: other.id })).toMatchObject({ status: 'error', errorCode: null })
  })

  it('whose price nobody knows is done when it is done, and its agent begins nothing more', async () => {
    const { engine, adapter, companyId, agentId, assign, endOf } = await createOffice(scriptedAdapter({ metering: 'final' }))
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 100_000 })
    await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    adapter.script = async (turn) => {
      await turn.emit({ type: 'usage', usage: { provider: 'nobody', model: 'no-such-model', inputTokens: 10 } })
      return { kind: 'done' }
    }
    const first = await assign('First')
    await engine.start()
    await endOf(first.id, 'done')
    expect(await engine.agents.get({ agentId })).toMatchObject({
      status: 'error',
      errorMessage: expect.stringContaining('Set the price of its model'),
      errorCode: 'budget_unavailable',
    })
    const second = await assign('Second')
    expect(await errorOf(engine.tasks.checkout({ taskId: second.id, agentId }))).toMatchObject({ kind: 'rule' })
    await engine.prices.set({ companyId, provider: 'nobody', model: 'no-such-model', inputMicros: 1_000_000, outputMicros: 1_000_000 })
    await engine.agents.resume({ agentId })
    await endOf(second.id, 'done')
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle' })
    expect(adapter.turns).toHaveLength(2)
  })

  it('waits while another run holds what is left, and keeps no other work from starting', async () => {
    const { engine, adapter, companyId, agentId, assign, endOf } = await createOffice(scriptedAdapter({ metering: 'final' }))
    await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 100 })
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 600_000 })
    const free = await engine.agents.create({ companyId, name: 'Free', role: 'writer', adapterType: 'scripted' })
    const go = Promise.withResolvers<void>()
    adapter.script = async () => go.promise.then(() => ({ kind: 'done' }) as const)
    adapter.scripts.set('Free', async () => ({ kind: 'done' }))
    const first = await assign('First')
    await engine.start()
    await endOf(first.id, 'in_progress')
    const second = await assign('Second')
    const other = await engine.tasks.create({ companyId, title: 'Other', assigneeAgentId: free.id })
    await endOf(other.id, 'done')
    const [queued] = await until(
      async () => (await engine.runs.list({ companyId, taskId: second.id })).items,
      ([run]) => run !== undefined && run.availableAt > run.createdAt,
    )
    expect(queued?.status).toBe('queued')
    go.resolve()
    await endOf(first.id, 'done')
    await endOf(second.id, 'done')
    expect(await problemsOf(engine)).toEqual([])
  }, 30_000)

  it('counts runs and their time where a budget does, and is stopped when its time is used up', async () => {
    const { engine, adapter, companyId, assign } = await createOffice(scriptedAdapter({ metering: 'final' }))
    const runs = await engine.budgets.set({ companyId, scope: 'company', metric: 'runs', limit: 5 })
    await engine.budgets.set({ companyId, scope: 'company', metric: 'wallMs', limit: 100 })
    adapter.script = hangs()
    const task = await assign()
    await engine.start()
    const [run] = await until(
      async () => (await engine.runs.list({ companyId, taskId: task.id })).items.filter(({ finishedAt }) => finishedAt !== null),
      (ended) => ended.length > 0,
    )
    expect(run).toMatchObject({ errorClass: 'quota' })
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    expect(await engine.budgets.get({ budgetId: runs.id })).toMatchObject({ spent: 1, held: 0 })
  })
})

it('a run that asks and waits counts as one run when it is over, and the wait is no time of it', async () => {
  const clock = createFakeClock()
  const world = await createWorld({ clock, adapter: scriptedAdapter({ metering: 'final' }) })
  onTestFinished(() => world.engine.stop())
  const { engine, adapter, companyId, runUntilIdle } = world
  const runs = await engine.budgets.set({ companyId, scope: 'company', metric: 'runs', limit: 2 })
  const time = await engine.budgets.set({ companyId, scope: 'company', metric: 'wallMs', limit: 60_000 })
  const spent = async ({ id }: { id: string }) => (await engine.budgets.get({ budgetId: id })).spent
  adapter.script = async ({ context }) =>
    context.interactions.some(({ status }) => status === 'answered')
      ? { kind: 'done' }
      : { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Go on?' } } }
  const ask = async (title: string) => {
    const { id } = await engine.tasks.create({ companyId, title, assigneeAgentId: world.agentId })
    await runUntilIdle()
    expect((await engine.tasks.get({ taskId: id })).status).toBe('blocked')
    return id
  }
  const taskId = await ask('Asks')
  expect(await spent(runs)).toBe(0)
  const waited = await spent(time)
  clock.set(clock.now() + 3_600_000)
  const [question] = (await engine.interactions.list({ companyId })).items
  await engine.interactions.answer({ interactionId: question?.id ?? '', text: 'yes' })
  await runUntilIdle()
  expect((await engine.tasks.get({ taskId })).status).toBe('done')
  expect(await spent(runs)).toBe(1)
  await ask('Is cancelled while it waits')
  const [waiting] = (await engine.runs.list({ companyId, status: 'waiting' })).items
  await engine.runs.cancel({ runId: waiting?.id ?? '' })
  expect(await spent(runs)).toBe(2)
  expect(await spent(time)).toBeLessThan(waited + 60_000)
  expect(await problemsOf(engine)).toEqual([])
})

it('a run without a hard limit over it is asked nothing, and its usage is told at its end', async () => {
  const { engine, adapter, companyId, assign, endOf } = await createOffice()
  const before = await engine.budgets.set({ companyId, scope: 'company', limit: 1_000_000, isHard: false })
  adapter.script = async ({ meter }) => {
    await (await meter.reserve({ ...call, provider: 'nobody', model: 'none' })).settle({ costMicros: 7, inputTokens: 1 })
    return { kind: 'done' }
  }
  const task = await assign()
  await engine.start()
  await endOf(task.id, 'done')
  const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
  expect(run?.usage).toMatchObject({ costMicros: 7, inputTokens: 1 })
  expect(await engine.budgets.get({ budgetId: before.id })).toMatchObject({ spent: 7, held: 0 })
})

describe.runIf(existsSync('/proc/self/stat'))('a process that is killed with SIGKILL while a call is under way', () => {
  it('leaves nothing held once its run is lost, and what it had paid stays paid', { timeout: 60_000 }, async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const world = await createWorld({ storage: sqlite(file), settings: { leaseMs: 1_500 }, adapter: metered() })
    const { engine, companyId, agentId } = world
    onTestFinished(() => engine.stop())
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    const task = await engine.tasks.create({ companyId, title: 'Spend', assigneeAgentId: agentId, maxAttempts: 1 })
    const spender = startProgram(new URL('support/spender.ts', import.meta.url), { args: [file] })
    await spender.printed(/HELD/)
    spender.child.kill('SIGKILL')
    await spender.exited
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 500, held: bound })
    await engine.start()
    await until(
      async () => (await engine.runs.list({ companyId, taskId: task.id })).items[0]?.status,
      (status) => status === 'lost',
    )
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 500, held: 0 })
    expect(await problemsOf(engine)).toEqual([])
  })
})
