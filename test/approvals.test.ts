import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { JsonObject } from '@engine/core'

import { openOffice, type Office } from './support/approvals.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('an approval, on %s', (storage) => {
  let office: Office

  beforeEach(async () => {
    office = await openOffice(await newStorage(storage))
  })

  afterEach(async () => {
    await office.engine.stop()
  })

  function ask(by = office.ada, more: { subject?: string; payload?: JsonObject; taskId?: string; reason?: string } = {}) {
    const { companyId } = office
    const payload = { action: 'send', to: ['press'] }
    return by.approvals.request({ companyId, type: 'custom', subject: 'press release', payload, ...more })
  }

  async function eventsOf(approvalId: string) {
    const log = await office.engine.events.list({ companyId: office.companyId, limit: 100 })
    return log.items.filter((event) => event.entity.id === approvalId)
  }

  it('waits with what was asked for, by whom and why', async () => {
    const { ada, agentId, companyId } = office
    const asked = await ask(ada, { reason: 'It goes to everybody' })
    expect(asked).toMatchObject({
      companyId,
      type: 'custom',
      subject: 'press release',
      status: 'pending',
      payload: { action: 'send', to: ['press'] },
      isPayloadComplete: true,
      reason: 'It goes to everybody',
      requestedBy: { kind: 'agent', id: agentId, runId: null },
      decidedBy: null,
      taskId: null,
    })
    expect(asked.payloadHash).toMatch(/^[\da-f]{64}$/)
    expect(await office.viewer.approvals.get({ approvalId: asked.id })).toEqual(asked)
  })

  it('is about the payload that the decider read', async () => {
    const { admin, ada } = office
    const asked = await ask()
    const stale = await errorOf(admin.approvals.approve({ approvalId: asked.id, payloadHash: '0'.repeat(64) }))
    expect(stale).toMatchObject({ code: 'payload_changed', kind: 'conflict', details: { payloadHash: asked.payloadHash } })
    await admin.approvals.requestRevision({ approvalId: asked.id, note: 'Not to the press' })
    const again = await ada.approvals.resubmit({ approvalId: asked.id, payload: { action: 'send', to: ['staff'] } })
    expect(again).toMatchObject({ status: 'pending', payload: { to: ['staff'] }, decidedBy: null, decisionNote: null })
    const old = await errorOf(admin.approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash }))
    expect(old).toMatchObject({ code: 'payload_changed', details: { payloadHash: again.payloadHash } })
    expect(await office.engine.approvals.get({ approvalId: asked.id })).toEqual(again)
    await admin.approvals.approve({ approvalId: asked.id, payloadHash: again.payloadHash })
  })

  it('has the same hash for the same content, in whatever order it was written', async () => {
    const first = await ask(office.ada, { payload: { a: 1, b: { d: 'ü', c: [1.5, 1e21, -0] } } })
    const second = await ask(office.ada, { subject: 'another', payload: { b: { c: [1.5, 1e21, 0], d: 'ü' }, a: 1 } })
    expect(first.payloadHash).toBe(second.payloadHash)
  })

  it('says who decided, when and why', async () => {
    const asked = await ask()
    const note = 'Go ahead'
    const decided = await office.reviewer.approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash, note })
    expect(decided).toMatchObject({
      status: 'approved',
      decidedBy: { kind: 'user', id: 'the reviewer' },
      decisionNote: note,
      key: null,
      version: 2,
    })
    const [requested, approved] = await eventsOf(asked.id)
    expect(requested).toMatchObject({ type: 'approval.requested', data: { approvalType: 'custom', payloadHash: asked.payloadHash } })
    expect(approved).toMatchObject({
      type: 'approval.decided',
      actor: { kind: 'user', id: 'the reviewer' },
      data: { decision: 'approved', note, subject: 'press release' },
    })
    // What is asked for is read where it is decided who may see it.
    expect(JSON.stringify([requested, approved])).not.toContain('press"]')
  })

  it('takes no decider from the input', async () => {
    const asked = await ask()
    const input = { approvalId: asked.id, payloadHash: asked.payloadHash, decidedBy: { kind: 'user', id: 'chief' } }
    const forged = await errorOf(office.reviewer.approvals.approve(input))
    expect(forged).toMatchObject({ code: 'invalid_input' })
  })

  it('is decided once, by nobody again and in no other way', async () => {
    const { reviewer, operator } = office
    const asked = await ask()
    const approvalId = asked.id
    await reviewer.approvals.reject({ approvalId, note: 'No' })
    const refusals = await Promise.all([
      errorOf(reviewer.approvals.approve({ approvalId, payloadHash: asked.payloadHash })),
      errorOf(reviewer.approvals.reject({ approvalId, note: 'Again' })),
      errorOf(reviewer.approvals.requestRevision({ approvalId, note: 'Again' })),
      errorOf(operator.approvals.resubmit({ approvalId, payload: {} })),
      errorOf(operator.approvals.cancel({ approvalId })),
    ])
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'illegal_transition', details: { from: 'rejected', legal: [] } })
    expect(await office.engine.approvals.get({ approvalId })).toMatchObject({ status: 'rejected', decisionNote: 'No', version: 2 })
  })

  it('can be resubmitted or cancelled while it is sent back, and nothing else', async () => {
    const { reviewer, ada } = office
    const asked = await ask()
    const early = await errorOf(ada.approvals.resubmit({ approvalId: asked.id, payload: {} }))
    expect(early).toMatchObject({ code: 'illegal_transition', details: { from: 'pending' } })
    await reviewer.approvals.requestRevision({ approvalId: asked.id, note: 'Say more' })
    const approved = await errorOf(reviewer.approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash }))
    expect(approved.message).toContain('Legal from revision_requested: pending (resubmit), cancelled (cancel)')
    const cancelled = await ada.approvals.cancel({ approvalId: asked.id, note: 'No longer needed' })
    expect(cancelled).toMatchObject({ status: 'cancelled', decisionNote: 'No longer needed' })
    expect((await eventsOf(asked.id)).map((event) => event.type)).toEqual([
      'approval.requested',
      'approval.revision_requested',
      'approval.cancelled',
    ])
  })

  it('waits once for each subject, however often it is asked for', async () => {
    const { reviewer, ada } = office
    const asked = await ask()
    const second = await errorOf(ask(office.operator))
    expect(second).toMatchObject({ code: 'approval_pending', kind: 'conflict', details: { approvalId: asked.id, status: 'pending' } })
    await reviewer.approvals.requestRevision({ approvalId: asked.id, note: 'Say more' })
    expect(await errorOf(ask())).toMatchObject({ code: 'approval_pending', details: { status: 'revision_requested' } })
    await ask(ada, { subject: 'another release' })
    await ada.approvals.cancel({ approvalId: asked.id })
    expect(await ask()).toMatchObject({ status: 'pending' })
  })

  it('is of a type that callers may ask for, and says what it is about', async () => {
    const { ada, companyId } = office
    for (const type of ['budget_override', 'plugin_install'] as const) {
      const refused = await errorOf(ada.approvals.request({ companyId, type, payload: {} }))
      expect(refused).toMatchObject({ code: 'rule_violated' })
      expect(refused.message).toContain('type "custom"')
    }
    expect(await errorOf(ada.approvals.request({ companyId, type: 'custom', payload: {} }))).toMatchObject({ code: 'rule_violated' })
    const named = await errorOf(ada.approvals.request({ companyId, type: 'strategy', subject: 'mine', payload: { summary: 'Grow' } }))
    expect(named).toMatchObject({ code: 'rule_violated' })
    const empty = await errorOf(ada.approvals.request({ companyId, type: 'strategy', payload: { plan: [] } }))
    expect(empty).toMatchObject({ code: 'invalid_input' })
    expect(empty.message).toContain('payload.summary')
    const long = await errorOf(ask(ada, { payload: { text: 'x'.repeat(65_536) } }))
    expect(long).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(ask(ada, { taskId: 'ACM-99' }))).toMatchObject({ code: 'rule_violated' })
  })

  it('needs a note where somebody has to do something else', async () => {
    const { id: approvalId } = await ask()
    for (const verb of ['reject', 'requestRevision'] as const)
      expect(await errorOf(office.reviewer.approvals[verb]({ approvalId, note: ' ' }))).toMatchObject({ code: 'invalid_input' })
  })

  it('takes no terms that are for hires', async () => {
    const { id: approvalId, payloadHash } = await ask()
    const refused = await errorOf(office.admin.approvals.approve({ approvalId, payloadHash, createKey: true }))
    expect(refused).toMatchObject({ code: 'rule_violated' })
    expect(await office.engine.approvals.get({ approvalId })).toMatchObject({ status: 'pending' })
  })

  it('is asked for by operators and agents, decided by reviewers, and never by agents', async () => {
    const { viewer, reviewer, operator, ada, startRun } = office
    for (const by of [viewer, reviewer]) expect(await errorOf(ask(by))).toMatchObject({ code: 'forbidden' })
    const { run } = await startRun()
    const approvals = [await ask(operator, { subject: 'one' }), await ask(ada, { subject: 'two' }), await ask(run, { subject: 'three' })]
    for (const { id: approvalId, payloadHash } of approvals) {
      for (const by of [viewer, ada, run]) {
        expect(await errorOf(by.approvals.approve({ approvalId, payloadHash }))).toMatchObject({ code: 'forbidden' })
        expect(await errorOf(by.approvals.reject({ approvalId, note: 'No' }))).toMatchObject({ code: 'forbidden' })
        expect(await errorOf(by.approvals.requestRevision({ approvalId, note: 'No' }))).toMatchObject({ code: 'forbidden' })
      }
      await reviewer.approvals.approve({ approvalId, payloadHash })
    }
  })

  it('of a person may be decided by that person: a board of one has to', async () => {
    const { id: approvalId, payloadHash } = await ask(office.operator)
    expect(await office.operator.approvals.approve({ approvalId, payloadHash })).toMatchObject({
      status: 'approved',
      requestedBy: { id: 'the operator' },
      decidedBy: { id: 'the operator' },
    })
  })

  it('is changed by the agent that asked for it and by no other agent', async () => {
    const { engine, companyId, ada } = office
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
    const asBob = engine.as({ kind: 'agent', id: bob.id, companyId })
    const { id: approvalId } = await ask(ada)
    expect(await errorOf(asBob.approvals.cancel({ approvalId }))).toMatchObject({ code: 'forbidden' })
    await office.reviewer.approvals.requestRevision({ approvalId, note: 'Say more' })
    expect(await errorOf(asBob.approvals.resubmit({ approvalId, payload: {} }))).toMatchObject({ code: 'forbidden' })
    await ada.approvals.resubmit({ approvalId, payload: {} })
  })

  it('of another company is not there', async () => {
    const { engine, ada } = office
    const other = await engine.companies.create({ name: 'Other' })
    const foreign = await engine.approvals.request({ companyId: other.id, type: 'custom', subject: 'x', payload: {} })
    const task = await engine.tasks.create({ companyId: other.id, title: 'Theirs' })
    const { id: approvalId, payloadHash } = foreign
    for (const call of [
      () => ada.approvals.get({ approvalId }),
      () => ada.approvals.cancel({ approvalId }),
      () => ada.approvals.list({ companyId: other.id }),
      () => office.admin.approvals.approve({ approvalId, payloadHash }),
      () => office.admin.approvals.reject({ approvalId, note: 'No' }),
    ])
      expect(await errorOf(call())).toMatchObject({ code: 'not_found' })
    expect(await errorOf(ask(ada, { taskId: task.id }))).toMatchObject({ code: 'rule_violated' })
  })

  it('is found by its status and type, page by page', async () => {
    const { engine, companyId, reviewer } = office
    const all = []
    for (let index = 0; index < 5; index += 1) all.push(await ask(office.ada, { subject: `subject ${index}` }))
    const strategy = await engine.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Grow' } })
    const [first] = all
    await reviewer.approvals.reject({ approvalId: first?.id ?? '', note: 'No' })
    const list = (more: object) => engine.approvals.list({ companyId, ...more })
    expect((await list({ type: 'strategy' })).items).toEqual([strategy])
    expect((await list({ status: 'rejected' })).items.map((item) => item.id)).toEqual([first?.id])
    const pages = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Awaited<ReturnType<typeof list>> = await list({ status: 'pending', type: 'custom', limit: 3, ...(cursor && { cursor }) })
      pages.push(page.items.map((item) => item.subject))
      cursor = page.nextCursor
    }
    expect(pages).toEqual([['subject 1', 'subject 2', 'subject 3'], ['subject 4']])
  })
})
