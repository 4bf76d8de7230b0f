import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { RunActor } from '@engine/core'
import { ends, inTurn, type Script } from '@engine/testing'

import { openOffice, type Office } from './support/approvals.ts'
import { errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('a company that asks for a strategy, on %s', (storage) => {
  let office: Office

  beforeEach(async () => {
    office = await openOffice(await newStorage(storage), 'auto')
    await office.admin.companies.update({ companyId: office.companyId, requiresStrategyApproval: true })
  })

  afterEach(async () => {
    await office.engine.stop()
  })

  const payload = { summary: 'Write the book', plan: [{ task: 'Outline' }] }

  it('lets its agents draft tasks and starts none', async () => {
    const { engine, ada, companyId, agentId, adapter } = office
    const task = await ada.tasks.create({ companyId, title: 'Outline', assigneeAgentId: agentId })
    await engine.start()
    expect(await errorOf(ada.tasks.checkout({ taskId: task.id }))).toMatchObject({ code: 'strategy_required', kind: 'rule' })
    expect(await errorOf(office.operator.tasks.checkout({ taskId: task.id, agentId }))).toMatchObject({ code: 'strategy_required' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(adapter.turns).toEqual([])
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'todo' })
  })

  it('starts what was drafted as soon as the first strategy is approved', async () => {
    const { engine, ada, reviewer, companyId, agentId } = office
    const drafts = []
    for (const title of ['Outline', 'Chapter']) drafts.push(await ada.tasks.create({ companyId, title, assigneeAgentId: agentId }))
    const waits = await ada.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId, blockedBy: drafts.map(({ id }) => id) })
    await engine.start()
    const strategy = await ada.approvals.request({ companyId, type: 'strategy', payload })
    expect(strategy).toMatchObject({ subject: 'company', payload, agentId: null })
    await reviewer.approvals.approve({ approvalId: strategy.id, payloadHash: strategy.payloadHash })
    await until(
      () => engine.tasks.get({ taskId: waits.id }),
      (task) => task.status === 'done',
    )
    const log = await engine.events.list({ companyId, limit: 100 })
    const opened = log.items.filter((event) => event.type === 'company.strategy_approved')
    expect(opened).toMatchObject([{ entity: { type: 'company', id: companyId }, data: { approvalId: strategy.id } }])
    const runs = (await engine.runs.list({ companyId })).items
    expect(runs).toHaveLength(3)
  })

  it('stays closed when the strategy is rejected, and opens with the next one', async () => {
    const { engine, ada, reviewer, companyId, agentId } = office
    const task = await ada.tasks.create({ companyId, title: 'Outline', assigneeAgentId: agentId })
    const first = await ada.approvals.request({ companyId, type: 'strategy', payload })
    const second = await errorOf(ada.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Another' } }))
    expect(second).toMatchObject({ code: 'approval_pending', details: { approvalId: first.id } })
    await reviewer.approvals.reject({ approvalId: first.id, note: 'Too bold' })
    expect(await errorOf(ada.tasks.checkout({ taskId: task.id }))).toMatchObject({ code: 'strategy_required' })
    const next = await ada.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Another' } })
    await reviewer.approvals.approve({ approvalId: next.id, payloadHash: next.payloadHash })
    expect(await ada.tasks.checkout({ taskId: task.id })).toMatchObject({ task: { status: 'in_progress' } })
    expect((await engine.approvals.list({ companyId, type: 'strategy' })).items.map((item) => item.status)).toEqual([
      'rejected',
      'approved',
    ])
  })

  it('keeps running while a later strategy is discussed', async () => {
    const { ada, reviewer, companyId, agentId } = office
    const first = await ada.approvals.request({ companyId, type: 'strategy', payload })
    await reviewer.approvals.approve({ approvalId: first.id, payloadHash: first.payloadHash })
    const later = await ada.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Sell it' } })
    await reviewer.approvals.reject({ approvalId: later.id, note: 'Not yet' })
    const task = await ada.tasks.create({ companyId, title: 'Outline', assigneeAgentId: agentId })
    expect(await ada.tasks.checkout({ taskId: task.id })).toMatchObject({ task: { status: 'in_progress' } })
  })
})

describe.each(['sqlite', 'postgres'])('the task that an approval is for, on %s', (storage) => {
  let office: Office

  beforeEach(async () => {
    office = await openOffice(await newStorage(storage), 'auto')
  })

  afterEach(async () => {
    await office.engine.stop()
  })

  /** Ada asks in the first run of her task, and ends it as the test says; her second run is done. */
  async function askInRun(end: (approvalId: string) => Parameters<typeof ends>[0]) {
    const { engine, adapter, companyId, agentId } = office
    const asked = Promise.withResolvers<string>()
    const first: Script = async ({ context }) => {
      const { fence } = await engine.runs.get({ runId: context.run.id })
      const actor: RunActor = { kind: 'run', id: context.run.id, companyId, agentId, taskId: context.task.id, fence: fence ?? 0 }
      const asking = engine.as(actor).approvals.request({ companyId, type: 'custom', subject: 'send', payload: {} })
      asked.resolve(asking.then(({ id }) => id))
      return end((await asking).id)
    }
    adapter.script = inTurn(first, ends({ kind: 'done' }))
    const task = await engine.tasks.create({ companyId, title: 'Send it', assigneeAgentId: agentId })
    await engine.start()
    const approvalId = await asked.promise
    return { taskId: task.id, approval: await engine.approvals.get({ approvalId }) }
  }

  it('is that of the run which asked', async () => {
    const { taskId, approval } = await askInRun(() => ({ kind: 'done' }))
    expect(approval).toMatchObject({ taskId, requestedBy: { kind: 'agent', id: office.agentId, runId: expect.any(String) } })
  })

  type Seen = Awaited<ReturnType<Office['engine']['approvals']['get']>>

  it.each([
    [
      'an approval',
      ({ reviewer }: Office, { id: approvalId, payloadHash }: Seen) => reviewer.approvals.approve({ approvalId, payloadHash }),
    ],
    ['a rejection', ({ reviewer }: Office, { id: approvalId }: Seen) => reviewer.approvals.reject({ approvalId, note: 'No' })],
    [
      'a revision request',
      ({ reviewer }: Office, { id: approvalId }: Seen) => reviewer.approvals.requestRevision({ approvalId, note: 'More' }),
    ],
    ["the board's cancellation", ({ operator }: Office, { id: approvalId }: Seen) => operator.approvals.cancel({ approvalId })],
  ])('goes on after %s when it was blocked in the name of the approval', async (_, decide) => {
    const { engine, adapter } = office
    const { taskId, approval } = await askInRun((id) => ({ kind: 'blocked', reason: 'waits for an approval', owner: id }))
    await until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === 'blocked',
    )
    await decide(office, approval)
    await until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === 'done',
    )
    expect(adapter.turns).toHaveLength(2)
    const [, second] = (await engine.runs.list({ companyId: office.companyId, taskId })).items
    expect(second).toMatchObject({ wakeReasons: ['approval'], status: 'succeeded' })
  })

  it('gets another run after the one that has it, unless that one ends the task', async () => {
    const { engine, companyId, agentId, reviewer, ada } = office
    const task = await engine.tasks.create({ companyId, title: 'Send it', assigneeAgentId: agentId })
    await ada.tasks.checkout({ taskId: task.id })
    const asked = await ada.approvals.request({ companyId, type: 'custom', subject: 'send', payload: {}, taskId: task.identifier })
    await reviewer.approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash })
    const queued = () => engine.runs.list({ companyId, taskId: task.id, status: 'queued' })
    expect((await queued()).items).toMatchObject([{ agentId, wakeReasons: ['assignment', 'approval'] }])
    await engine.tasks.complete({ taskId: task.id })
    expect((await queued()).items).toEqual([])
  })

  it('stays blocked when somebody else can unblock it', async () => {
    const { engine, reviewer } = office
    const { taskId, approval } = await askInRun(() => ({ kind: 'blocked', reason: 'no access', owner: 'the operator' }))
    await until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === 'blocked',
    )
    await reviewer.approvals.approve({ approvalId: approval.id, payloadHash: approval.payloadHash })
    expect(await engine.tasks.get({ taskId })).toMatchObject({ status: 'blocked' })
  })
})
