import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

import { systemActor, type Engine } from '@engine/core'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const families = ['sqlite', 'postgres'] as const

/** What goes on in an archived company: live work ends, and rights are taken away. The machine of companies refuses its own three. */
const goesOn =
  `companies.archive companies.pause companies.resume costs.report costs.reportMany costs.settle invites.revoke keys.revoke members.disable members.forget members.remove members.revokeSessions
  plugins.park plugins.stop routines.tick runs.cancel runs.handBack runs.recordLateUsage runs.recordUsage runs.report runs.sweep tasks.release`.split(
    /\s+/,
  )

/** Renewals and logs record no event; a run that is still live may go on with them until it ends. */
const unrecorded = [
  'budgets.release',
  'budgets.reserve',
  'deliveries.exchange',
  'knowledge.storeVectors',
  'runs.appendLog',
  'runs.heartbeat',
  'secrets.recordAccesses',
]

/** What founds a company, is of the caller's own, or of none. */
const ofNoEntity: readonly string[] = ['new', 'actor', 'installation']

const refusal = { code: 'rule_violated', message: expect.stringContaining('archived') }

async function open(family: (typeof families)[number]) {
  const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', settings: { pollMs: 3_600_000, sweepMs: 20 } })
  onTestFinished(() => world.engine.stop())
  return world
}

describe.each(families)('in an archived company on %s', (family) => {
  it('nothing is created or changed any more, and everything can be read', async () => {
    const { engine, companyId, agentId, watch } = await open(family)
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    const done = await engine.tasks.create({ companyId, title: 'Done' })
    const goal = await engine.goals.create({ companyId, title: 'Grow' })
    const member = await engine.members.add({ companyId, name: 'Ann', role: 'viewer' })
    const { key: token } = await engine.invites.create({ companyId, role: 'viewer' })
    const { key } = await engine.keys.create({ agentId, name: 'Laptop' })
    await engine.tasks.cancel({ taskId: done.id })
    await engine.companies.archive({ companyId })
    const before = await watch.dump()
    const attempts: Record<string, () => Promise<unknown>> = {
      'tasks.create': () => engine.tasks.create({ companyId, title: 'More' }),
      'tasks.create for an agent': () => engine.tasks.create({ companyId, title: 'More', assigneeAgentId: agentId }),
      'tasks.create once': () => engine.tasks.create({ companyId, title: 'More' }, { idempotencyKey: 'once' }),
      'tasks.createMany': () =>
        engine.tasks.createMany({ companyId, tasks: [{ title: 'One' }, { title: 'Two', assigneeAgentId: agentId }] }),
      'tasks.update': () => engine.tasks.update({ taskId: task.id, title: 'Other' }),
      'tasks.update of an ended one': () => engine.tasks.update({ taskId: done.id, title: 'Other' }),
      'tasks.cancel': () => engine.tasks.cancel({ taskId: task.id }),
      'tasks.checkout': () => engine.tasks.checkout({ taskId: task.id, agentId }),
      'comments.create': () => engine.comments.create({ taskId: task.id, body: 'Hello' }),
      'goals.create': () => engine.goals.create({ companyId, title: 'More' }),
      'goals.update': () => engine.goals.update({ goalId: goal.id, title: 'Less' }),
      'agents.create': () => engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' }),
      'agents.create of no adapter': () => engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'unknown' }),
      'agents.pause': () => engine.agents.pause({ agentId }),
      'companies.update': () => engine.companies.update({ companyId, name: 'Other' }),
      'members.add': () => engine.members.add({ companyId, name: 'Bob', role: 'viewer' }),
      'members.update': () => engine.members.update({ memberId: member.id, name: 'Bob' }),
      'invites.create': () => engine.invites.create({ companyId, role: 'viewer' }),
      'invites.accept': () => engine.invites.accept({ token, name: 'Bob' }),
      'keys.create': () => engine.keys.create({ agentId, name: 'Another' }),
    }
    for (const [name, attempt] of Object.entries(attempts)) expect([name, await errorOf(attempt())]).toMatchObject([name, refusal])
    expect(await watch.dump()).toBe(before)
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ title: 'Write' })
    expect(await engine.authenticate(key)).toMatchObject({ kind: 'agent' })
    for (const verb of ['pause', 'resume', 'archive'] as const) {
      expect(await errorOf(engine.companies[verb]({ companyId }))).toMatchObject({ code: 'illegal_transition' })
    }
  })

  it('what is live ends: a run reports, is renewed, cancelled, given back or swept', async () => {
    const { engine, companyId, agentId, watch } = await open(family)
    const start = async () => {
      const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
      const { run, credential } = await engine.tasks.checkout({ taskId: task.id })
      const actor = await engine.authenticate(credential ?? '')
      if (actor?.kind !== 'run') throw new Error('the credential is unknown')
      return { taskId: task.id, runId: run.id, actor, api: engine.as(actor) }
    }
    const [reporting, cancelled, released, handed, lost] = [await start(), await start(), await start(), await start(), await start()]
    await engine.companies.archive({ companyId })
    await reporting.api.runs.heartbeat({ runId: reporting.runId })
    await reporting.api.runs.appendLog({ runId: reporting.runId, entries: [{ stream: 'stdout', text: 'nearly' }] })
    expect(await reporting.api.runs.report({ runId: reporting.runId, outcome: { kind: 'done' } })).toMatchObject({ status: 'succeeded' })
    expect(await engine.runs.cancel({ runId: cancelled.runId })).toMatchObject({ status: 'cancelled' })
    expect(await engine.tasks.release({ taskId: released.taskId })).toMatchObject({ status: 'todo' })
    await engine.execute('runs.handBack', { input: { runId: handed.runId, reason: 'stopping' }, actor: handed.actor })
    const past = ['2001-01-01T00:00:00.000Z', lost.runId]
    await watch.query(`update ${watch.table('leases')} set expires_at = ? where run_id = ?`, past)
    await engine.execute('runs.sweep', { input: { runId: lost.runId }, actor: systemActor })
    const runs = await engine.runs.list({ companyId, status: 'running' })
    expect(runs.items).toEqual([])
    expect(await engine.tasks.get({ taskId: reporting.taskId })).toMatchObject({ status: 'done' })
  })

  it('a bill that comes late is booked to its own period, once, alone or with others, and starts nothing', async () => {
    const { engine, companyId, agentId, watch } = await open(family)
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const budget = await engine.budgets.set({ companyId, scope: 'company', window: 'lifetime', limitCents: 1 })
    await engine.companies.archive({ companyId })
    const [lastMonth] = new Date(new Date().setUTCDate(0)).toISOString().split('T')
    const bill = (sourceEventId: string) => ({ sourceEventId, provider: 'x', taskId: task.id, costMicros: 3_000 })
    const late = { ...bill('late'), occurredAt: `${lastMonth}T12:00:00.000Z` }
    expect(await engine.costs.report({ companyId, ...late })).toMatchObject({ agentId, costMicros: 3_000, isRepeat: false })
    expect(await engine.costs.report({ companyId, ...late })).toMatchObject({ isRepeat: true })
    const many = await engine.costs.reportMany({ companyId, costs: [bill('one'), { ...bill('two'), taskId: 'WRK-999' }] })
    expect(many.items).toMatchObject([{ status: 'recorded' }, { status: 'refused' }])
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => engine.costs.report({ companyId, ...bill(id) })))
    const { items: days } = await engine.costs.list({ companyId, to: lastMonth })
    expect(days).toMatchObject([{ sourceEventId: 'late' }])
    expect((await engine.costs.summary({ companyId })).total).toMatchObject({ events: 6, costMicros: 18_000 })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 18_000, held: 0, free: 0 })
    expect(await engine.companies.get({ companyId })).toMatchObject({ status: 'archived' })
    expect((await engine.runs.list({ companyId, status: 'queued' })).items).toEqual([])
    const before = await watch.dump()
    const refused = await errorOf(engine.costs.report({ companyId, ...late, costMicros: 4_000 }))
    expect(refused).toMatchObject({ code: 'cost_conflict' })
    expect(await errorOf(engine.budgets.raise({ budgetId: budget.id, limitCents: 9 }))).toMatchObject(refusal)
    expect(await watch.dump()).toBe(before)
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('rights are still taken away', async () => {
    const { engine, companyId, agentId } = await open(family)
    const [first, second] = [await invite(engine, companyId), await invite(engine, companyId)]
    const { id: inviteId } = await engine.invites.create({ companyId, role: 'viewer' })
    const key = await engine.keys.create({ agentId, name: 'Laptop' })
    await engine.companies.archive({ companyId })
    await engine.invites.revoke({ inviteId })
    await engine.keys.revoke({ keyId: key.id })
    await engine.members.disable({ memberId: first.member.id })
    await engine.members.remove({ memberId: second.member.id })
    for (const text of [key.key, first.key, second.key]) expect(await engine.authenticate(text)).toBeNull()
    expect(await errorOf(engine.members.enable({ memberId: first.member.id }))).toMatchObject(refusal)
  })

  it('what began before it was archived is decided by what is true when it is written', async () => {
    const { engine, companyId } = await open(family)
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    const late = Array.from({ length: 12 }, (_, index) => engine.comments.create({ taskId: task.id, body: `Comment ${index}` }))
    const outcomes = await Promise.allSettled([...late.slice(0, 6), engine.companies.archive({ companyId }), ...late.slice(6)])
    const { items } = await engine.events.list({ companyId, limit: 100 })
    const archived = items.findIndex(({ type }) => type === 'company.status_changed')
    expect(archived).toBe(items.length - 1)
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length - 1
    expect(items.filter(({ type }) => type === 'comment.created')).toHaveLength(kept)
  })
})

async function invite(engine: Engine, companyId: string) {
  const { key: token } = await engine.invites.create({ companyId, role: 'viewer' })
  return engine.invites.accept({ token, name: 'Ann' })
}

describe('every command of the registry', () => {
  it('is refused in an archived company, save those that say why not', async () => {
    const { engine, companyId, watch } = await open('sqlite')
    await engine.companies.archive({ companyId })
    const before = await watch.dump()
    const seen: string[] = []
    for (const { name, definition } of engine.registry.operations) {
      if (definition.kind !== 'command' || ofNoEntity.includes(definition.access.company)) continue
      const location = { id: companyId, companyId, taskId: null, agentId: null }
      Object.assign(engine.registry.entity(definition.access.company as 'company'), { locate: async () => location })
      const nothingElse = { batch: undefined, takesContent: undefined, takesSecret: undefined, prepare: undefined }
      Object.assign(definition, { input: z.looseObject({}), output: z.unknown(), ...nothingElse })
      const [changes, does, refuses] = [await attempt(changing), await attempt(nothing), await attempt(refusing)]
      if (definition.unaudited !== undefined) {
        expect(unrecorded).toContain(name)
      } else if (definition.whenArchived !== undefined) {
        seen.push(name)
        expect([name, does, refuses]).toEqual([name, 'done', 'not_found'])
      } else expect([name, changes, does, refuses]).toEqual([name, 'rule_violated', 'rule_violated', 'rule_violated'])

      async function attempt(handle: typeof changing): Promise<string> {
        // What goes on there would write its event.
        if (handle === changing && definition.kind === 'command' && definition.whenArchived !== undefined) return 'not tried'
        Object.assign(definition, { handle })
        return engine.execute(name, { input: {}, actor: systemActor }).then(
          () => 'done',
          (error: unknown) => String(Object(error).code),
        )
      }
    }
    expect(seen.toSorted()).toEqual(goesOn.toSorted())
    expect(await watch.dump()).toBe(before)
  })
})

type Context = Parameters<Extract<Engine['registry']['operations'][number]['definition'], { kind: 'command' }>['handle']>[0]

async function changing(context: Context): Promise<unknown> {
  context.emit('company.updated', { type: 'company', id: context.companyId, version: 2 }, { changed: ['name'] })
  return {}
}

async function nothing(context: Context): Promise<unknown> {
  context.unchanged()
  return {}
}

async function refusing(context: Context): Promise<unknown> {
  const { EngineError } = await import('@engine/core')
  throw new EngineError({ code: 'not_found', kind: 'missing', help: '' }, `nothing here in ${context.companyId}`)
}
