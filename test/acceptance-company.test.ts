import { describe, expect, it, onTestFinished } from 'vitest'

import type { UserActor } from '@engine/core'

import { board, createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  async function open() {
    const world = await createWorld({ storage: await newStorage(database) })
    onTestFinished(() => world.engine.stop())
    return world
  }

  it('a person founds several companies and switches between them', async () => {
    const { engine, companyId: before } = await open()
    const founder = engine.as(board)
    const [acme, beta] = [await founder.companies.create({ name: 'Acme Works' }), await founder.companies.create({ name: 'Beta' })]
    const listed = (await founder.companies.list({})).items
    expect(listed.map(({ id }) => id).toSorted()).toEqual([before, acme.id, beta.id].toSorted())
    const inAcme = await founder.tasks.create({ companyId: acme.id, title: 'Of Acme' })
    const inBeta = await founder.tasks.create({ companyId: beta.id, title: 'Of Beta' })
    for (const [companyId, task] of [
      [acme.id, inAcme],
      [beta.id, inBeta],
    ] as const) {
      expect((await founder.tasks.list({ companyId })).items.map(({ id }) => id)).toEqual([task.id])
      expect((await founder.companies.dashboard({ companyId })).tasks.todo).toBe(1)
    }
    // Who belongs to one of them sees that one, and of the other not even that it is there.
    const guest: UserActor = { kind: 'user', id: 'guest', roles: { [beta.id]: 'viewer' } }
    expect((await engine.as(guest).companies.list({})).items.map(({ id }) => id)).toEqual([beta.id])
    for (const call of [
      () => engine.as(guest).companies.get({ companyId: acme.id }),
      () => engine.as(guest).tasks.get({ taskId: inAcme.id }),
    ])
      expect(await errorOf(call())).toMatchObject({ code: 'not_found' })
  })

  it('a board founds a company, hires its chief, approves the strategy, and the chief gets work', async () => {
    const { engine, adapter } = await open()
    const people = engine.as(board)
    const { id: companyId } = await people.companies.create({
      name: 'Acme Works',
      requiresHireApproval: true,
      requiresStrategyApproval: true,
    })
    const goal = await people.goals.create({ companyId, title: 'Sell a thing' })
    expect(await people.goals.get({ goalId: goal.id })).toMatchObject({ title: 'Sell a thing', level: 'company', parentId: null })
    await engine.start()
    const chief = await people.agents.create({ companyId, name: 'Chief', role: 'ceo', adapterType: adapter.type, executionMode: 'auto' })
    expect(chief.status).toBe('pending_approval')
    const [hire] = (await people.approvals.list({ companyId, status: 'pending' })).items
    expect(hire).toMatchObject({ type: 'hire_agent', subject: chief.id, requestedBy: { kind: 'user', id: 'board' } })
    await people.approvals.approve({ approvalId: hire?.id ?? '', payloadHash: hire?.payloadHash ?? '' })
    expect((await people.agents.get({ agentId: chief.id })).status).toBe('idle')

    const asChief = engine.as({ kind: 'agent', id: chief.id, companyId })
    const draft = await asChief.tasks.create({ companyId, title: 'Find a buyer', assigneeAgentId: chief.id })
    expect(await errorOf(asChief.tasks.checkout({ taskId: draft.id }))).toMatchObject({ code: 'strategy_required' })
    const strategy = await asChief.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Ask those who bought before.' } })
    // What is asked for is not decided by who asks.
    const decision = { approvalId: strategy.id, payloadHash: strategy.payloadHash }
    expect(await errorOf(asChief.approvals.approve(decision))).toMatchObject({ code: 'forbidden' })
    expect(adapter.turns).toHaveLength(0)

    await people.approvals.approve({ ...decision, note: 'go' })
    await until(
      () => people.tasks.get({ taskId: draft.id }),
      (task) => task.status === 'done',
    )
    expect(adapter.turns.map(({ context }) => [context.agent.name, context.task.title])).toEqual([['Chief', 'Find a buyer']])
    expect(await people.approvals.get({ approvalId: strategy.id })).toMatchObject({
      status: 'approved',
      decidedBy: { kind: 'user', id: 'board' },
      decisionNote: 'go',
    })
  })

  it('an agent that is hired by approval begins with the approval, with the key that it asked for', async () => {
    const { engine, companyId, agentId, adapter } = await open()
    const asker = engine.as({ kind: 'agent', id: agentId, companyId })
    const payload = { name: 'Bob', role: 'writer', adapterType: adapter.type, executionMode: 'manual' }
    const asked = await asker.approvals.request({ companyId, type: 'hire_agent', payload, reason: 'too much to write' })
    const waiting = await engine.agents.get({ agentId: asked.subject })
    expect(waiting).toMatchObject({ name: 'Bob', status: 'pending_approval', reportsTo: agentId })
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: waiting.id }))).toMatchObject({ kind: expect.any(String) })
    expect((await engine.tasks.get({ taskId: task.id })).status).toBe('todo')

    const decided = await engine.as(board).approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash, createKey: true })
    expect(decided).toMatchObject({ status: 'approved', key: expect.stringMatching(/^eng_agent_/) })
    const actor = await engine.authenticate(decided.key ?? '')
    if (!actor) throw new Error('the key of the hired agent is unknown')
    const { run } = await engine.as(actor).tasks.checkout({ taskId: task.id })
    expect(run.agentId).toBe(waiting.id)
    const log = (await engine.events.list({ companyId, limit: 100 })).items
    expect(log.filter(({ type }) => type.startsWith('approval.')).map(({ type, actor: who }) => [type, who.kind])).toEqual([
      ['approval.requested', 'agent'],
      ['approval.decided', 'user'],
    ])
  })

  it('an agent whose hire is rejected never works', async () => {
    const { engine, companyId, agentId, adapter } = await open()
    const payload = { name: 'Bob', role: 'writer', adapterType: adapter.type }
    const asker = engine.as({ kind: 'agent', id: agentId, companyId })
    const asked = await asker.approvals.request({ companyId, type: 'hire_agent', payload })
    await engine.as(board).approvals.reject({ approvalId: asked.id, note: 'nobody to pay them' })
    expect((await engine.agents.get({ agentId: asked.subject })).status).toBe('terminated')
    for (const again of [
      () => engine.as(board).approvals.approve({ approvalId: asked.id, payloadHash: asked.payloadHash }),
      () => engine.as(board).approvals.cancel({ approvalId: asked.id }),
    ])
      expect(await errorOf(again())).toMatchObject({ code: 'illegal_transition' })
    expect(await errorOf(engine.agents.resume({ agentId: asked.subject }))).toMatchObject({ code: 'illegal_transition' })
  })

  it('the board hires without asking where others ask, and the log says so', async () => {
    const { engine, adapter } = await open()
    const { id: companyId } = await engine.companies.create({ name: 'Careful', requiresHireApproval: true })
    const hired = await engine.as(board).agents.create({
      companyId,
      name: 'Bob',
      role: 'writer',
      adapterType: adapter.type,
      bypassApproval: true,
    })
    expect(hired.status).toBe('idle')
    const registered = (await engine.events.list({ companyId, limit: 100 })).items.find(({ type }) => type === 'agent.registered')
    expect(registered).toMatchObject({ actor: { kind: 'user', id: 'board' }, data: { bypassed: true } })
    expect((await engine.approvals.list({ companyId })).items).toEqual([])
  })
})
