import { expect } from 'vitest'

import { permissions } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { logOf } from './log.ts'
import { actAs, board, checkOut, expireLease, newCompany, engineGroup, type CheckedOut, type World } from './world.ts'

const hourMs = 3_600_000

/** Every write that a run may make, with input that would succeed if the run still held its task. */
function everyWriteOfARun(
  { api, actor: { taskId, id: runId, companyId } }: Pick<CheckedOut, 'api' | 'actor'>,
  { deliverableId, documentId, attachmentId, approvalId, interactionId, holdId }: Made,
): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    'runs.heartbeat': () => api.runs.heartbeat({ runId }),
    'runs.report': () => api.runs.report({ runId, outcome: { kind: 'done' } }),
    'runs.handBack': () => api.runs.handBack({ runId, reason: 'stopping' }),
    'runs.appendLog': () => api.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'late' }] }),
    'runs.recordUsage': () => api.runs.recordUsage({ runId, usages: [{ sequence: 1, costMicros: 1 }] }),
    'costs.report': () => api.costs.report({ companyId, sourceEventId: 'late', provider: 'a', costMicros: 1 }),
    'costs.reportMany': () => api.costs.reportMany({ companyId, costs: [{ sourceEventId: 'late', provider: 'a', costMicros: 1 }] }),
    'budgets.reserve': () => api.budgets.reserve({ runId, provider: 'p', model: 'm', inputTokens: 1, maxOutputTokens: 1 }),
    'budgets.release': () => api.budgets.release({ runId, holdId }),
    'costs.settle': () => api.costs.settle({ runId, holdId, usage: { outputTokens: 1 } }),
    'tasks.checkout': () => api.tasks.checkout({ taskId }),
    'tasks.progress': () => api.tasks.progress({ taskId, percent: 99 }),
    'tasks.complete': () => api.tasks.complete({ taskId }),
    'tasks.block': () => api.tasks.block({ taskId, reason: 'late' }),
    'tasks.release': () => api.tasks.release({ taskId }),
    'tasks.create': () => api.tasks.create({ companyId, title: 'Child', parentId: taskId }),
    'tasks.createMany': () => api.tasks.createMany({ companyId, tasks: [{ title: 'Child' }] }),
    'comments.create': () => api.comments.create({ taskId, body: 'late' }),
    'tasks.next': () => api.tasks.next({}),
    'comments.createOnDeliverable': () => api.comments.createOnDeliverable({ deliverableId, body: 'late' }),
    'deliverables.submit': () => api.deliverables.submit({ taskId, title: 'Late', content: 'late' }),
    'documents.put': () => api.documents.put({ taskId, key: 'late', title: 'Late', body: 'late' }),
    'documents.delete': () => api.documents.delete({ documentId }),
    'attachments.upload': () => api.attachments.upload({ taskId, name: 'late.txt', content: new Uint8Array([1]) }),
    'attachments.delete': () => api.attachments.delete({ attachmentId }),
    'approvals.request': () => api.approvals.request({ companyId, type: 'custom', subject: 'late', payload: {} }),
    'approvals.resubmit': () => api.approvals.resubmit({ approvalId, payload: { to: 'late' } }),
    'approvals.cancel': () => api.approvals.cancel({ approvalId }),
    'interactions.ask': () => api.interactions.ask({ taskId, ask: { kind: 'question', prompt: 'Late?' }, waits: true }),
    'interactions.cancel': () => api.interactions.cancel({ interactionId }),
  }
}

/** What a run has made while it held its task. */
interface Made {
  readonly deliverableId: string
  readonly documentId: string
  readonly attachmentId: string
  readonly approvalId: string
  readonly interactionId: string
  readonly holdId: string
}

/** A task that a run has for the second time, with what it made before. */
async function checkOutAgain(world: World): Promise<{ held: CheckedOut; made: Made }> {
  const { engine } = world
  const { api, actor, task } = await checkOut(world, await newCompany(world))
  const { taskId, companyId } = actor
  const document = await api.documents.put({ taskId, key: 'early', title: 'Early', body: 'early' })
  const attachment = await api.attachments.upload({ taskId, name: 'a.txt', content: new Uint8Array([1]) })
  const approval = await api.approvals.request({ companyId, type: 'custom', subject: taskId, payload: {} })
  const interaction = await api.interactions.ask({ taskId, ask: { kind: 'question', prompt: 'Early?' } })
  const deliverable = await api.deliverables.submit({ taskId, title: 'Early', content: 'early' })
  await engine.deliverables.review({ deliverableId: deliverable.id, decision: 'revision_requested', feedback: 'More' })
  const held = await actAs(engine, task, await engine.tasks.checkout({ taskId }))
  await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 1_000 })
  const call = { runId: held.actor.id, provider: 'p', model: 'm', inputTokens: 1, maxOutputTokens: 1 }
  const { holdId } = await held.api.budgets.reserve(call)
  const made = {
    holdId: holdId ?? '',
    deliverableId: deliverable.id,
    documentId: document.id,
    attachmentId: attachment.id,
    approvalId: approval.id,
    interactionId: interaction.id,
  }
  return { held, made }
}

export const leases = engineGroup('leases', {
  'a run that lost its task is refused on every write and changes nothing, whoever has the task now': async (world) => {
    const { engine, watch } = world
    const { held: lost, made } = await checkOutAgain(world)
    await expireLease(world, lost.runId)
    await engine.runs.sweep({ runId: lost.runId })
    const next = await engine.tasks.checkout({ taskId: lost.task.id })
    expect(next.run.fence).toBe(lost.actor.fence + 1)
    const before = await watch.dump()
    for (const [name, write] of Object.entries(everyWriteOfARun(lost, made))) {
      expect(await errorOf(write()), name).toMatchObject({ code: 'lease_lost', kind: 'conflict' })
    }
    expect(await errorOf(lost.api.tasks.get({ taskId: lost.task.id }))).toMatchObject({ code: 'lease_lost' })
    expect(await watch.dump()).toBe(before)
  },

  'a run that lost its task is tried with every command that a run may call': async (world) => {
    const { held, made } = await checkOutAgain(world)
    const allowed = world.engine.registry.operations.filter(
      ({ definition }) => definition.kind === 'command' && permissions[definition.access.scope].run !== 'never',
    )
    expect(allowed.map(({ name }) => name).toSorted()).toEqual(Object.keys(everyWriteOfARun(held, made)).toSorted())
  },

  'a run that lost its task cannot write into an earlier run of its own task': async (world) => {
    const { engine } = world
    const first = await checkOut(world, await newCompany(world))
    await first.api.tasks.release({ taskId: first.task.id })
    const second = await actAs(engine, first.task, await engine.tasks.checkout({ taskId: first.task.id }))
    const forged = second.api.runs.appendLog({ runId: first.runId, entries: [{ stream: 'stdout', text: 'forged' }] })
    expect(await errorOf(forged)).toMatchObject({ code: 'forbidden' })
  },

  'a run that lost its task is refused by its fence alone': async (world) => {
    const { engine } = world
    const { actor, task } = await checkOut(world, await newCompany(world))
    const stale = engine.as({ ...actor, fence: actor.fence - 1 })
    expect(await errorOf(stale.tasks.progress({ taskId: task.id, percent: 1 }))).toMatchObject({ code: 'lease_lost' })
  },

  'a run that lost its task while it writes either wrote before or is refused, and nothing of it comes after': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    for (let round = 0; round < 5; round += 1) {
      const { task, api } = await checkOut(world, company)
      const writes = [1, 2, 3, 4].map((percent) => api.tasks.progress({ taskId: task.id, percent }))
      const [released, ...answers] = await Promise.allSettled([engine.as(board).tasks.release({ taskId: task.id }), ...writes])
      expect(released.status).toBe('fulfilled')
      for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason.code).toBe('lease_lost')
      const ofTask = (await logOf(world, company.companyId)).filter((event) => event.entity.id === task.id)
      const types = ofTask.toSorted((left, right) => left.seq - right.seq).map((event) => event.type)
      expect(types.indexOf('task.released')).toBeGreaterThan(types.lastIndexOf('task.progress_updated'))
      expect(types.filter((type) => type === 'task.progress_updated')).toHaveLength(
        answers.filter((answer) => answer.status === 'fulfilled').length,
      )
    }
  },

  'a lease that ran out is swept: the run is lost, the task is open again, and the log says so': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const { task, runId } = await checkOut(world, company)
    await expireLease(world, runId)
    expect(await engine.runs.sweep({ runId })).toMatchObject({ status: 'lost' })
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'todo', checkout: null })
    expect((await logOf(world, company.companyId)).map((event) => event.type)).toContain('run.lost')
  },

  'a lease that ran out is swept once, however many look after it at the same time': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const { runId } = await checkOut(world, company)
    await expireLease(world, runId)
    await Promise.allSettled(Array.from({ length: 6 }, () => engine.runs.sweep({ runId })))
    expect((await logOf(world, company.companyId)).filter((event) => event.type === 'run.lost')).toHaveLength(1)
  },

  'a lease that ran out counts again when its run renews it before the sweep, and either of the two wins': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    for (let round = 0; round < 6; round += 1) {
      const { task, runId, api } = await checkOut(world, company)
      await expireLease(world, runId)
      if (round === 0) await api.runs.heartbeat({ runId })
      const [renewed] = await Promise.allSettled([api.runs.heartbeat({ runId }), engine.runs.sweep({ runId })])
      const { status } = await engine.runs.get({ runId })
      expect(status).toBe(renewed.status === 'fulfilled' ? 'running' : 'lost')
      expect((await engine.tasks.get({ taskId: task.id })).status).toBe(status === 'running' ? 'in_progress' : 'todo')
      if (round === 0) expect(status).toBe('running')
    }
  },

  'a lease that ran out gives the task up, visibly, when every attempt was lost': async (world) => {
    const { engine } = world
    const company = await newCompany(world, 'auto')
    const task = await company.newTask({ assigneeAgentId: company.agentId, maxAttempts: 2 })
    const queued = async () => (await engine.runs.list({ companyId: company.companyId, taskId: task.id, status: 'queued' })).items
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const [run] = await queued()
      expect(run?.attempt).toBe(attempt)
      const runId = run?.id ?? ''
      await engine.runs.claim({ runId, workerId: 'gone' })
      await expireLease(world, runId)
      await engine.runs.sweep({ runId })
    }
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'its run was lost in 2 of 2 attempts', owner: 'operator' },
    })
    expect(await queued()).toEqual([])
  },

  'a lease ends by the clock that its judges share: that of the database, or of the one machine': async (world) => {
    const { engine, under } = world
    const company = await newCompany(world)
    const isShared = under.storage.family === 'postgres'
    const sweptAfter = async (ahead: { atCheckout: number; atSweep: number }): Promise<string> => {
      try {
        world.clock.aheadMs = ahead.atCheckout
        const { runId } = await checkOut(world, company)
        world.clock.aheadMs = ahead.atSweep
        return (await engine.runs.sweep({ runId })).status
      } finally {
        world.clock.aheadMs = 0
      }
    }
    expect(await sweptAfter({ atCheckout: 0, atSweep: 0 })).toBe('running')
    expect(await sweptAfter({ atCheckout: 0, atSweep: hourMs })).toBe(isShared ? 'running' : 'lost')
    expect(await sweptAfter({ atCheckout: -hourMs, atSweep: 0 })).toBe(isShared ? 'running' : 'lost')
    expect(await sweptAfter({ atCheckout: hourMs, atSweep: 0 })).toBe('running')
  },

  'a person who takes a task away ends the run that had it': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const person = engine.as(board)
    for (const take of [
      (taskId: string) => person.tasks.complete({ taskId }),
      (taskId: string) => person.tasks.cancel({ taskId }),
      (taskId: string) => person.tasks.block({ taskId, reason: 'stop' }),
      (taskId: string) => person.tasks.release({ taskId }),
    ]) {
      const { task, runId, api } = await checkOut(world, company)
      await take(task.id)
      expect((await engine.runs.get({ runId })).status).toBe('cancelled')
      expect(await errorOf(api.tasks.progress({ taskId: task.id, percent: 5 }))).toMatchObject({ code: 'lease_lost' })
      expect((await engine.tasks.get({ taskId: task.id })).checkout).toBeNull()
    }
  },
})
