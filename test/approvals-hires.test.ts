import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { JsonObject } from '@engine/core'

import { openOffice, type Office } from './support/approvals.ts'
import { errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('a hire, on %s', (storage) => {
  let office: Office

  beforeEach(async () => {
    office = await openOffice(await newStorage(storage))
  })

  afterEach(async () => {
    await office.engine.stop()
  })

  const bob = { name: 'Bob', role: 'researcher', adapterType: 'scripted' }

  function askFor(payload: JsonObject = bob, by = office.ada) {
    return by.approvals.request({ companyId: office.companyId, type: 'hire_agent', payload })
  }

  async function agentNamed(name: string) {
    const { items } = await office.engine.agents.list({ companyId: office.companyId })
    return items.find((agent) => agent.name === name)
  }

  it('registers the agent, who waits with its name and below the one who asked', async () => {
    const { engine, agentId } = office
    const asked = await askFor()
    const agent = await engine.agents.get({ agentId: asked.agentId ?? '' })
    expect(agent).toMatchObject({ id: asked.subject, name: 'Bob', status: 'pending_approval', reportsTo: agentId })
    // What will be is shown, not only what was said.
    expect(asked.payload).toMatchObject({ ...bob, reportsTo: agentId, executionMode: 'auto', maxConcurrentRuns: 20, adapterConfig: {} })
    expect(await errorOf(askFor())).toMatchObject({ code: 'already_exists' })
    const log = await engine.events.list({ companyId: office.companyId, limit: 100 })
    const types = log.items.slice(-2).map((event) => event.type)
    expect(types).toEqual(['agent.registered', 'approval.requested'])
  })

  it('gives the agent nothing to do before it is approved', async () => {
    const { engine, companyId, admin } = office
    const { agentId, id: approvalId } = await askFor()
    const draft = agentId ?? ''
    const task = await engine.tasks.create({ companyId, title: 'For Bob', assigneeAgentId: draft })
    expect((await engine.runs.list({ companyId })).items).toEqual([])
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: draft }))).toMatchObject({ code: 'agent_unavailable' })
    const asBob = engine.as({ kind: 'agent', id: draft, companyId })
    expect(await errorOf(asBob.tasks.checkout({ taskId: task.id }))).toMatchObject({ code: 'agent_unavailable' })
    expect(await errorOf(admin.agents.resume({ agentId: draft }))).toMatchObject({ code: 'illegal_transition' })
    expect(await errorOf(admin.agents.pause({ agentId: draft }))).toMatchObject({ code: 'illegal_transition' })
    expect(await errorOf(admin.agents.update({ agentId: draft, role: 'chief' }))).toMatchObject({ code: 'rule_violated' })
    expect(await engine.approvals.get({ approvalId })).toMatchObject({ status: 'pending' })
  })

  it('that is approved lets the agent begin with what waits for it', async () => {
    const { engine, companyId, admin } = office
    const { id: approvalId, payloadHash, agentId } = await askFor()
    const task = await engine.tasks.create({ companyId, title: 'For Bob', assigneeAgentId: agentId ?? '' })
    await admin.approvals.approve({ approvalId, payloadHash })
    expect(await agentNamed('Bob')).toMatchObject({ status: 'idle' })
    expect((await engine.runs.list({ companyId, taskId: task.id })).items).toMatchObject([{ status: 'queued', agentId }])
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId: task.id }),
      (seen) => seen.status === 'done',
    )
  })

  it('that is approved can give the agent its first key, which is shown once and works', async () => {
    const { engine, companyId, admin } = office
    const { id: approvalId, payloadHash, agentId } = await askFor()
    const { key } = await admin.approvals.approve({ approvalId, payloadHash, createKey: true }, { idempotencyKey: 'once' })
    expect(key).toMatch(/^eng_agent_/)
    const again = await admin.approvals.approve({ approvalId, payloadHash, createKey: true }, { idempotencyKey: 'once' })
    expect(again.key).toBe(key)
    expect(await engine.approvals.get({ approvalId })).not.toHaveProperty('key')
    expect(await engine.authenticate(key ?? '')).toMatchObject({ kind: 'agent', id: agentId, companyId })
    const log = await engine.events.list({ companyId, limit: 100 })
    expect(log.items.filter((event) => event.type === 'key.created')).toHaveLength(1)
    expect(JSON.stringify(log)).not.toContain(key)
  })

  it('that is rejected or cancelled ends the agent, and gives its name free', async () => {
    const { engine, admin, ada } = office
    const first = await askFor()
    await admin.approvals.reject({ approvalId: first.id, note: 'Too many' })
    expect(await engine.agents.get({ agentId: first.agentId ?? '' })).toMatchObject({ status: 'terminated' })
    const second = await askFor()
    await ada.approvals.cancel({ approvalId: second.id })
    expect(await engine.agents.get({ agentId: second.agentId ?? '' })).toMatchObject({ status: 'terminated' })
    const third = await askFor()
    await admin.approvals.approve({ approvalId: third.id, payloadHash: third.payloadHash })
    expect(await agentNamed('Bob')).toMatchObject({ id: third.agentId, status: 'idle' })
    // What was asked for stays readable.
    expect(await engine.approvals.get({ approvalId: first.id })).toMatchObject({ status: 'rejected', payload: bob })
  })

  it('that is sent back comes again as another draft of the same agent', async () => {
    const { engine, admin, ada } = office
    const asked = await askFor()
    await admin.approvals.requestRevision({ approvalId: asked.id, note: 'Not a researcher' })
    expect(await engine.agents.get({ agentId: asked.agentId ?? '' })).toMatchObject({ status: 'pending_approval' })
    const again = await ada.approvals.resubmit({ approvalId: asked.id, payload: { ...bob, name: 'Rob', role: 'writer', reportsTo: null } })
    expect(again).toMatchObject({ agentId: asked.agentId, payload: { name: 'Rob', role: 'writer', reportsTo: null } })
    expect(again.payloadHash).not.toBe(asked.payloadHash)
    await admin.approvals.approve({ approvalId: asked.id, payloadHash: again.payloadHash })
    expect(await agentNamed('Rob')).toMatchObject({ id: asked.agentId, role: 'writer', reportsTo: null, status: 'idle' })
  })

  it('can be resubmitted in the form in which it is shown', async () => {
    const { admin, operator } = office
    const asked = await askFor(bob, operator)
    await admin.approvals.requestRevision({ approvalId: asked.id, note: 'Another title' })
    const shown = await admin.approvals.get({ approvalId: asked.id })
    const again = await admin.approvals.resubmit({ approvalId: asked.id, payload: { ...shown.payload, title: 'Scout' } })
    expect(again.payload).toEqual({ ...shown.payload, title: 'Scout' })
  })

  it('is decided by admins: a reviewer and an operator may not say who works here', async () => {
    const { id: approvalId, payloadHash } = await askFor()
    for (const by of [office.reviewer, office.operator]) {
      for (const call of [
        () => by.approvals.approve({ approvalId, payloadHash }),
        () => by.approvals.reject({ approvalId, note: 'No' }),
        () => by.approvals.requestRevision({ approvalId, note: 'No' }),
      ])
        expect(await errorOf(call())).toMatchObject({ code: 'forbidden', details: { scope: 'agents:manage' } })
    }
  })

  it('is cancelled when its agent is terminated before the decision', async () => {
    const { engine, admin } = office
    const asked = await askFor()
    await admin.agents.terminate({ agentId: asked.agentId ?? '' })
    expect(await engine.approvals.get({ approvalId: asked.id })).toMatchObject({ status: 'cancelled' })
    const late = await errorOf(admin.approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash }))
    expect(late).toMatchObject({ code: 'illegal_transition' })
  })

  it('of a wrong payload is refused and leaves no agent', async () => {
    expect(await errorOf(askFor({ role: 'writer' }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(askFor({ ...bob, status: 'idle' }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(askFor({ ...bob, adapterType: 'nothing' }))).toMatchObject({ code: 'rule_violated' })
    const other = await office.engine.companies.create({ name: 'Other' })
    const stranger = await office.engine.agents.create({ ...bob, companyId: other.id })
    expect(await errorOf(askFor({ ...bob, reportsTo: stranger.id }))).toMatchObject({ code: 'rule_violated' })
    expect(await agentNamed('Bob')).toBeUndefined()
    expect((await office.engine.approvals.list({ companyId: office.companyId })).items).toEqual([])
  })

  it('waits for its approval when an admin creates an agent in a company that asks for it', async () => {
    const { engine, companyId, admin } = office
    await admin.companies.update({ companyId, requiresHireApproval: true })
    const agent = await admin.agents.create({ companyId, ...bob })
    expect(agent).toMatchObject({ status: 'pending_approval' })
    const [asked] = (await engine.approvals.list({ companyId, status: 'pending' })).items
    expect(asked).toMatchObject({ type: 'hire_agent', agentId: agent.id, requestedBy: { kind: 'user', id: 'the admin' }, payload: bob })
    await admin.approvals.approve({ approvalId: asked?.id ?? '', payloadHash: asked?.payloadHash ?? '' })
    expect(await engine.agents.get({ agentId: agent.id })).toMatchObject({ status: 'idle' })
    const direct = await admin.agents.create({ companyId, ...bob, name: 'Eve', bypassApproval: true })
    expect(direct).toMatchObject({ status: 'idle' })
    expect((await engine.approvals.list({ companyId, status: 'pending' })).items).toEqual([])
  })
})

describe.each(['sqlite', 'postgres'])('the configuration in a hire, on %s', (storage) => {
  let office: Office

  beforeEach(async () => {
    office = await openOffice(await newStorage(storage))
  })

  afterEach(async () => {
    await office.engine.stop()
  })

  const carl = { name: 'Carl', role: 'builder', adapterType: 'command' }
  const adapterConfig = { command: 'make' }

  function askFor(payload: JsonObject, by = office.operator) {
    return by.approvals.request({ companyId: office.companyId, type: 'hire_agent', payload })
  }

  it('is never written by an agent', async () => {
    const { ada, admin, startRun } = office
    const { run } = await startRun()
    for (const by of [ada, run]) {
      for (const more of [
        { adapterConfig },
        { profiles: { cheap: { adapterConfig } } },
        { fallbacks: [{ adapterType: 'command', adapterConfig }] },
      ]) {
        const refused = await errorOf(askFor({ ...carl, ...more }, by))
        expect(refused).toMatchObject({ code: 'rule_violated', details: { fields: Object.keys(more) } })
      }
    }
    const asked = await askFor({ ...carl, adapterConfig: {} }, ada)
    await admin.approvals.requestRevision({ approvalId: asked.id, note: 'Later' })
    const sneaky = await errorOf(ada.approvals.resubmit({ approvalId: asked.id, payload: { ...carl, adapterConfig } }))
    expect(sneaky).toMatchObject({ code: 'rule_violated' })
  })

  it('is given by the approver where an agent asked, and checked by the adapter', async () => {
    const { ada, admin, engine } = office
    const { id: approvalId, payloadHash, agentId } = await askFor(carl, ada)
    const without = await errorOf(admin.approvals.approve({ approvalId, payloadHash }))
    expect(without).toMatchObject({ code: 'rule_violated' })
    expect(without.message).toContain('give adapterConfig with your approval')
    const wrong = await errorOf(admin.approvals.approve({ approvalId, payloadHash, adapterConfig: { shell: 'rm' } }))
    expect(wrong).toMatchObject({ code: 'invalid_input' })
    expect(await engine.approvals.get({ approvalId })).toMatchObject({ status: 'pending' })
    await admin.approvals.approve({ approvalId, payloadHash, adapterConfig })
    expect(await admin.agents.get({ agentId: agentId ?? '' })).toMatchObject({ status: 'idle', adapterConfig })
  })

  it('is shown to those who decide, and hidden from the others, who see the same hash', async () => {
    const { admin, viewer, ada, operator } = office
    const asked = await askFor({ ...carl, adapterConfig })
    expect(asked).toMatchObject({ payload: { adapterConfig: null }, isPayloadComplete: false })
    for (const by of [viewer, ada, operator]) {
      const seen = await by.approvals.get({ approvalId: asked.id })
      expect(seen).toMatchObject({
        payload: { name: 'Carl', adapterConfig: null },
        isPayloadComplete: false,
        payloadHash: asked.payloadHash,
      })
      expect((await by.approvals.list({ companyId: office.companyId })).items).toEqual([seen])
    }
    const full = await admin.approvals.get({ approvalId: asked.id })
    expect(full).toMatchObject({ payload: { adapterConfig }, isPayloadComplete: true, payloadHash: asked.payloadHash })
    await admin.approvals.approve({ approvalId: asked.id, payloadHash: full.payloadHash })
    expect(await admin.agents.get({ agentId: asked.agentId ?? '' })).toMatchObject({ adapterConfig, status: 'idle' })
  })

  it('is part of what is hashed', async () => {
    const first = await askFor({ ...carl, adapterConfig })
    await office.admin.approvals.requestRevision({ approvalId: first.id, note: 'Another command' })
    const again = await office.admin.approvals.resubmit({ approvalId: first.id, payload: { ...carl, adapterConfig: { command: 'just' } } })
    expect(again.payloadHash).not.toBe(first.payloadHash)
  })
})
