import { describe, expect, it } from 'vitest'

import type { Engine, Role, UserActor } from '@engine/core'

import { callHandler } from './http-fixtures.ts'
import { errorOf } from './support/engine.ts'
import { createTimedWorld } from './support/timed-world.ts'

const families = ['sqlite', 'postgres'] as const
const day = 86_400_000

const personOf = (member: { userId: string; companyId: string; role: Role }): UserActor => ({
  kind: 'user',
  id: member.userId,
  roles: { [member.companyId]: member.role },
})

async function eventTypes(engine: Engine, companyId: string, after: number): Promise<string[]> {
  return (await engine.events.list({ companyId, after, limit: 100 })).items.map((event) => event.type)
}

async function lastSeq(engine: Engine, companyId: string): Promise<number> {
  return (await engine.events.list({ companyId, limit: 100 })).items.at(-1)?.seq ?? 0
}

describe.each(families)('members on %s', (family) => {
  it('come with a person and an agent that stands for them', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const after = await lastSeq(engine, companyId)
    const member = await engine.members.add({ companyId, name: 'Ann', email: 'Ann@Example.com', role: 'operator' })
    expect(member).toMatchObject({ name: 'Ann', email: 'ann@example.com', role: 'operator', status: 'active', version: 1 })
    expect(await engine.members.get({ memberId: member.id })).toEqual(member)
    const agent = await engine.agents.get({ agentId: member.agentId })
    expect(agent).toMatchObject({ name: 'Ann', adapterType: 'human', executionMode: 'human', status: 'idle' })
    expect(await eventTypes(engine, companyId, after)).toEqual(['agent.registered', 'member.added'])
  })

  it('of one address are one person in all companies', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const other = await engine.companies.create({ name: 'Other' })
    const here = await engine.members.add({ companyId, name: 'Ann', email: 'ann@example.com', role: 'viewer' })
    const there = await engine.members.add({ companyId: other.id, name: 'Dr Ann', email: 'ANN@example.com', role: 'owner' })
    expect(there.userId).toBe(here.userId)
    expect(there).toMatchObject({ name: 'Dr Ann', role: 'owner' })
    const both: UserActor = { kind: 'user', id: here.userId, roles: { [companyId]: 'viewer', [other.id]: 'owner' } }
    expect((await engine.as(both).companies.list()).items.map((company) => company.id)).toEqual([companyId, other.id])
    expect(await errorOf(engine.members.add({ companyId, name: 'Ann', email: 'ann@example.com', role: 'admin' }))).toMatchObject({
      code: 'already_exists',
    })
  })

  it('take their agent with them: a name, a pause, an end', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const { id: memberId, agentId } = await engine.members.add({ companyId, name: 'Ann', role: 'operator' })
    await engine.members.update({ memberId, name: 'Ann Lee' })
    expect(await engine.agents.get({ agentId })).toMatchObject({ name: 'Ann Lee' })
    await engine.members.disable({ memberId })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'system' })
    await engine.members.enable({ memberId })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle', pauseReason: null })
    await engine.members.remove({ memberId })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'terminated' })
  })

  it('who are removed leave no key that works and no task that is theirs', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const { key: token } = await engine.invites.create({ companyId, role: 'operator' })
    const { member, key } = await engine.invites.accept({ token, name: 'Ann' })
    const agentKey = await engine.keys.create({ agentId: member.agentId, name: 'Laptop' })
    const create = (title: string, more: object = {}) => engine.tasks.create({ companyId, title, ...more })
    const waiting = await create('Waiting', { assigneeAgentId: member.agentId })
    const hers = await create('Hers', { assigneeUserId: member.userId })
    const begun = await create('Begun', { assigneeAgentId: member.agentId })
    await engine.tasks.checkout({ taskId: begun.id })
    const done = await create('Done', { assigneeAgentId: member.agentId })
    await engine.tasks.checkout({ taskId: done.id })
    await engine.tasks.complete({ taskId: done.id })
    const after = await lastSeq(engine, companyId)
    expect(await engine.members.remove({ memberId: member.id })).toMatchObject({ status: 'removed' })
    for (const task of [waiting, hers, begun]) {
      const left = { assigneeAgentId: null, assigneeUserId: null, status: 'todo', checkout: null }
      expect(await engine.tasks.get({ taskId: task.id })).toMatchObject(left)
    }
    expect(await engine.tasks.get({ taskId: done.id })).toMatchObject({ assigneeAgentId: member.agentId, status: 'done' })
    for (const text of [key, agentKey.key]) expect(await engine.authenticate(text)).toBeNull()
    const types = await eventTypes(engine, companyId, after)
    expect(types.filter((type) => type === 'task.assigned')).toHaveLength(3)
    expect(types.filter((type) => type === 'key.revoked')).toHaveLength(2)
    expect(types).toContain('member.status_changed')
    expect(types).toContain('run.cancelled')
  })

  it('who are removed leave the keys that they made for agents, which the answer and the log name', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const ann = await engine.members.add({ companyId, name: 'Ann', role: 'admin' })
    const bob = await engine.agents.create({ companyId, name: 'Bot', role: 'r', adapterType: 'scripted' })
    const hers = engine.as({ kind: 'user', id: ann.userId, roles: { [companyId]: 'admin' } })
    const left = await hers.keys.create({ agentId: bob.id, name: 'Build server' })
    await engine.keys.revoke({ keyId: (await hers.keys.create({ agentId: bob.id, name: 'Revoked' })).id })
    await hers.keys.create({ agentId: ann.agentId, name: 'Own agent' })
    await engine.keys.create({ agentId: bob.id, name: 'By another' })
    const { id, prefix, createdBy } = left
    expect(createdBy).toEqual({ kind: 'user', id: ann.userId })
    const keysLeft = [{ id, agentId: bob.id, name: 'Build server', prefix }]
    expect(await engine.members.remove({ memberId: ann.id })).toMatchObject({ status: 'removed', keysLeft })
    expect(await engine.authenticate(left.key)).toMatchObject({ kind: 'agent', id: bob.id })
    const [event] = (await engine.events.entity({ companyId, entityType: 'member', entityId: ann.id })).items
    expect(event).toMatchObject({ type: 'member.status_changed', data: { to: 'removed', keysLeft } })
    const shown = (await engine.keys.list({ companyId, agentId: bob.id })).items.find((key) => key.id === id)
    expect(shown).toMatchObject({ createdBy: { kind: 'user', id: ann.userId }, revokedAt: null })
  })

  it('who come back are who they were, with another agent', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const ann = { companyId, name: 'Ann', email: 'ann@example.com', role: 'operator' } as const
    const first = await engine.members.add(ann)
    await engine.members.remove({ memberId: first.id })
    const second = await engine.members.add({ ...ann, role: 'viewer' })
    expect(second).toMatchObject({ id: first.id, userId: first.userId, role: 'viewer', status: 'active' })
    expect(second.agentId).not.toBe(first.agentId)
    expect(await engine.agents.get({ agentId: second.agentId })).toMatchObject({ name: 'Ann 2', status: 'idle' })
  })

  it('are never without an owner who can act', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const first = await engine.members.add({ companyId, name: 'Ann', role: 'owner' })
    const acts = [
      () => engine.members.remove({ memberId: first.id }),
      () => engine.members.disable({ memberId: first.id }),
      () => engine.members.update({ memberId: first.id, role: 'admin' }),
    ]
    for (const act of acts) expect(await errorOf(act())).toMatchObject({ code: 'rule_violated' })
    const second = await engine.members.add({ companyId, name: 'Bob', role: 'owner' })
    await engine.members.disable({ memberId: second.id })
    for (const act of acts) expect(await errorOf(act())).toMatchObject({ code: 'rule_violated' })
    await engine.members.enable({ memberId: second.id })
    const outcomes = await Promise.allSettled([
      engine.members.remove({ memberId: first.id }),
      engine.members.remove({ memberId: second.id }),
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('a member', () => {
  it('whose name is taken gets an agent with a number', async () => {
    const { engine, companyId } = await createTimedWorld()
    const [first, second] = [
      await engine.members.add({ companyId, name: 'Ada', role: 'viewer' }),
      await engine.members.add({ companyId, name: 'Ada', role: 'viewer' }),
    ]
    expect([first.name, second.name]).toEqual(['Ada', 'Ada'])
    const names = [first, second].map(async ({ agentId }) => (await engine.agents.get({ agentId })).name)
    expect(await Promise.all(names)).toEqual(['Ada 2', 'Ada 3'])
    await engine.members.update({ memberId: second.id, name: 'Ada' })
    expect((await engine.agents.get({ agentId: second.agentId })).name).toBe('Ada 3')
  })

  it('gets no role above that of who gives it, and is not changed from below', async () => {
    const { engine, companyId } = await createTimedWorld()
    const admin = await engine.members.add({ companyId, name: 'Adam', role: 'admin' })
    const owner = await engine.members.add({ companyId, name: 'Olga', role: 'owner' })
    await engine.members.add({ companyId, name: 'Otto', role: 'owner' })
    const asAdmin = engine.as(personOf(admin))
    const viewer = await asAdmin.members.add({ companyId, name: 'Vera', role: 'viewer' })
    const refused = [
      () => asAdmin.members.add({ companyId, name: 'Eve', role: 'owner' }),
      () => asAdmin.invites.create({ companyId, role: 'owner' }),
      () => asAdmin.members.update({ memberId: viewer.id, role: 'owner' }),
      () => asAdmin.members.update({ memberId: admin.id, role: 'owner' }),
      () => asAdmin.members.update({ memberId: owner.id, role: 'viewer' }),
      () => asAdmin.members.disable({ memberId: owner.id }),
      () => asAdmin.members.remove({ memberId: owner.id }),
    ]
    for (const act of refused)
      expect(await errorOf(act())).toMatchObject({ code: 'forbidden', details: { yourRole: 'admin', role: 'owner' } })
    expect(await asAdmin.members.update({ memberId: viewer.id, role: 'admin' })).toMatchObject({ role: 'admin' })
    expect(await engine.as(personOf(owner)).members.disable({ memberId: admin.id })).toMatchObject({ status: 'disabled' })
  })

  it('renames themselves, and changes nothing else', async () => {
    const { engine, companyId } = await createTimedWorld()
    const viewer = await engine.members.add({ companyId, name: 'Vera', role: 'viewer' })
    const me = engine.as(personOf(viewer))
    expect(await me.members.updateOwn({ companyId, name: 'Vera Lee' })).toMatchObject({ id: viewer.id, name: 'Vera Lee', role: 'viewer' })
    expect(await me.members.getOwn({ companyId })).toMatchObject({ id: viewer.id, name: 'Vera Lee' })
    expect((await engine.agents.get({ agentId: viewer.agentId })).name).toBe('Vera Lee')
    expect(await errorOf(me.members.update({ memberId: viewer.id, name: 'Vera' }))).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(engine.members.getOwn({ companyId }))).toMatchObject({ code: 'not_found' })
  })

  it('moves only as the machine says', async () => {
    const { engine, companyId } = await createTimedWorld()
    const { id: memberId } = await engine.members.add({ companyId, name: 'Ann', role: 'viewer' })
    expect(await errorOf(engine.members.enable({ memberId }))).toMatchObject({ code: 'illegal_transition' })
    await engine.members.disable({ memberId })
    expect(await errorOf(engine.members.disable({ memberId }))).toMatchObject({ code: 'illegal_transition' })
    await engine.members.remove({ memberId })
    for (const act of [engine.members.enable, engine.members.disable, engine.members.remove]) {
      expect(await errorOf(act({ memberId }))).toMatchObject({ code: 'illegal_transition' })
    }
    expect(await errorOf(engine.members.update({ memberId, name: 'Bob' }))).toMatchObject({ code: 'rule_violated' })
  })

  it('stays paused for what else their agent was paused for', async () => {
    const { engine, companyId } = await createTimedWorld()
    const { id: memberId, agentId } = await engine.members.add({ companyId, name: 'Ann', role: 'viewer' })
    await engine.agents.pause({ agentId })
    await engine.members.disable({ memberId })
    await engine.members.enable({ memberId })
    expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'manual' })
  })

  it('is listed by role and status, page by page, in their own company only', async () => {
    const { engine, companyId } = await createTimedWorld()
    const other = await engine.companies.create({ name: 'Other' })
    const names = ['Ann', 'Bob', 'Cem']
    const added = []
    for (const name of names) added.push(await engine.members.add({ companyId, name, role: name === 'Bob' ? 'admin' : 'viewer' }))
    await engine.members.add({ companyId: other.id, name: 'Dan', role: 'viewer' })
    await engine.members.disable({ memberId: added[2]?.id ?? '' })
    const list = async (filter: object) => (await engine.members.list({ companyId, ...filter })).items.map((member) => member.name)
    expect(await list({})).toEqual(names)
    expect(await list({ role: 'viewer' })).toEqual(['Ann', 'Cem'])
    expect(await list({ role: 'viewer', status: 'active' })).toEqual(['Ann'])
    const page = await engine.members.list({ companyId, limit: 2 })
    expect((await engine.members.list({ companyId, cursor: page.nextCursor ?? '' })).items.map((member) => member.name)).toEqual(['Cem'])
    const stranger = engine.as({ kind: 'user', id: 'eve', roles: { [other.id]: 'owner' } })
    expect(await errorOf(stranger.members.list({ companyId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.members.remove({ memberId: added[0]?.id ?? '' }))).toMatchObject({ code: 'not_found' })
  })

  it('with an address that is none, or a role that is none, is invalid', async () => {
    const { engine, companyId } = await createTimedWorld()
    const add = (more: object) =>
      engine.execute('members.add', { input: { companyId, name: 'Ann', role: 'viewer', ...more }, actor: { kind: 'system', id: 's' } })
    for (const more of [{ email: 'ann' }, { role: 'king' }, { name: ' ' }])
      expect(await errorOf(add(more))).toMatchObject({ code: 'invalid_input' })
  })

  it('is changed against the version that was seen', async () => {
    const { engine, companyId } = await createTimedWorld()
    const { id: memberId, version } = await engine.members.add({ companyId, name: 'Ann', role: 'viewer' })
    await engine.members.update({ memberId, version, role: 'operator' })
    expect(await errorOf(engine.members.update({ memberId, version, role: 'admin' }))).toMatchObject({ code: 'version_conflict' })
  })
})

describe.each(families)('an invitation on %s', (family) => {
  it('makes one member, whoever comes first', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const invite = await engine.invites.create({ companyId, role: 'operator' })
    expect(invite.key).toMatch(/^eng_invite_[\w-]{43}$/)
    const comers = ['Ann', 'Bob', 'Cem'].map((name) => engine.invites.accept({ token: invite.key, name }))
    const answers = await Promise.allSettled(comers)
    const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const lost = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as { code: string }] : []))
    expect(won).toHaveLength(1)
    expect(lost.map(({ code }) => code)).toEqual(['illegal_transition', 'illegal_transition'])
    expect(await engine.authenticate(won[0]?.key ?? '')).toMatchObject({ kind: 'user', roles: { [companyId]: 'operator' } })
    expect(await engine.invites.get({ inviteId: invite.id })).toMatchObject({ status: 'accepted', memberId: won[0]?.member.id })
    expect((await engine.members.list({ companyId })).items).toHaveLength(1)
  })
})

describe('an invitation', () => {
  it('is open for seven days, or as long as was said', async () => {
    const { engine, companyId, time } = await createTimedWorld()
    const week = await engine.invites.create({ companyId, role: 'viewer' })
    const short = await engine.invites.create({ companyId, role: 'viewer', expiresAt: new Date(Date.now() + day).toISOString() })
    expect(Math.round((Date.parse(week.expiresAt) - Date.now()) / day)).toBe(7)
    time.aheadMs = 2 * day
    expect(await errorOf(engine.invites.accept({ token: short.key, name: 'Ann' }))).toMatchObject({ code: 'rule_violated' })
    expect((await engine.invites.list({ companyId, status: 'expired' })).items.map(({ id }) => id)).toEqual([short.id])
    expect((await engine.invites.list({ companyId, status: 'pending' })).items.map(({ id }) => id)).toEqual([week.id])
    expect(await engine.invites.accept({ token: week.key, name: 'Ann' })).toMatchObject({ member: { role: 'viewer' } })
    const past = { companyId, role: 'viewer', expiresAt: '2020-01-01T00:00:00+02:00' } as const
    expect(await errorOf(engine.invites.create(past))).toMatchObject({ code: 'invalid_input' })
  })

  it('that was taken back, or that never was, is worth nothing', async () => {
    const { engine, companyId } = await createTimedWorld()
    const invite = await engine.invites.create({ companyId, role: 'viewer' })
    await engine.invites.revoke({ inviteId: invite.id })
    expect(await errorOf(engine.invites.accept({ token: invite.key, name: 'Ann' }))).toMatchObject({ code: 'illegal_transition' })
    for (const token of [`eng_invite_${'x'.repeat(43)}`, 'nonsense', invite.id]) {
      const refusal = await errorOf(engine.invites.accept({ token, name: 'Ann' }))
      expect(refusal).toMatchObject({ code: 'not_found' })
      expect(refusal.message).not.toContain(token)
    }
  })

  it('never shows its token again, nor keeps it', async () => {
    const { engine, companyId, watch } = await createTimedWorld()
    const { key, ...shown } = await engine.invites.create({ companyId, role: 'viewer', email: 'Ann@example.com' })
    expect((await engine.invites.list({ companyId })).items).toEqual([shown])
    expect(await watch.dump()).not.toContain(key.slice('eng_invite_'.length))
  })

  it('to an address is for nobody else', async () => {
    const { engine, companyId } = await createTimedWorld()
    const invite = await engine.invites.create({ companyId, role: 'viewer', email: 'Ann@example.com' })
    const eve = await errorOf(engine.invites.accept({ token: invite.key, name: 'Eve', email: 'eve@example.com' }))
    expect(eve).toMatchObject({ code: 'rule_violated' })
    expect(eve.message).not.toContain('ann@example.com')
    expect(await engine.invites.accept({ token: invite.key, name: 'Ann' })).toMatchObject({ member: { email: 'ann@example.com' } })
  })

  it('brings a person who is known by their address, and one who calls as themselves, into another company', async () => {
    const { engine, companyId } = await createTimedWorld()
    const other = await engine.companies.create({ name: 'Other' })
    const third = await engine.companies.create({ name: 'Third' })
    const ann = await engine.members.add({ companyId, name: 'Ann', email: 'ann@example.com', role: 'viewer' })
    const addressed = await engine.invites.create({ companyId: other.id, role: 'admin', email: 'ann@example.com' })
    expect((await engine.invites.accept({ token: addressed.key, name: 'Ann' })).member.userId).toBe(ann.userId)
    const anybody = await engine.invites.create({ companyId: third.id, role: 'viewer' })
    const accepted = await engine.as(personOf(ann)).invites.accept({ token: anybody.key, name: 'Annie' })
    expect(accepted.member).toMatchObject({ userId: ann.userId, name: 'Annie', companyId: third.id })
  })

  it('gives nobody a membership that is there: not a present one, and a former one only to its address', async () => {
    const { engine, companyId } = await createTimedWorld()
    await engine.members.add({ companyId, name: 'Olga', email: 'olga@example.com', role: 'owner' })
    const gone = await engine.members.add({ companyId, name: 'Ann', email: 'ann@example.com', role: 'admin' })
    await engine.members.remove({ memberId: gone.id })
    const { key: token } = await engine.invites.create({ companyId, role: 'viewer' })
    for (const email of ['olga@example.com', 'ann@example.com']) {
      expect(await errorOf(engine.invites.accept({ token, name: 'Eve', email }))).toMatchObject({ code: 'already_exists' })
    }
    const addressed = await engine.invites.create({ companyId, role: 'viewer', email: 'ann@example.com' })
    expect((await engine.invites.accept({ token: addressed.key, name: 'Ann' })).member).toMatchObject({ id: gone.id, role: 'viewer' })
  })

  it('ends with the right of who made it', async () => {
    const { engine, companyId } = await createTimedWorld()
    await engine.members.add({ companyId, name: 'Olga', role: 'owner' })
    const [boss, admin] = [
      await engine.members.add({ companyId, name: 'Otto', role: 'owner' }),
      await engine.members.add({ companyId, name: 'Adam', role: 'admin' }),
    ]
    const owner = await engine.as(personOf(boss)).invites.create({ companyId, role: 'owner' })
    const viewer = await engine.as(personOf(boss)).invites.create({ companyId, role: 'viewer' })
    const admins = await engine.as(personOf(admin)).invites.create({ companyId, role: 'admin' })
    await engine.members.update({ memberId: boss.id, role: 'admin' })
    await engine.members.remove({ memberId: admin.id })
    const status = async (inviteId: string) => (await engine.invites.get({ inviteId })).status
    expect([await status(owner.id), await status(viewer.id), await status(admins.id)]).toEqual(['revoked', 'pending', 'revoked'])
  })

  it('is made, seen and taken back by admins only, of its company only', async () => {
    const { engine, companyId } = await createTimedWorld()
    const other = await engine.companies.create({ name: 'Other' })
    const { id: inviteId } = await engine.invites.create({ companyId, role: 'viewer' })
    const asked = (api: typeof engine | ReturnType<Engine['as']>) => [
      () => api.invites.create({ companyId, role: 'viewer' }),
      () => api.invites.list({ companyId }),
      () => api.invites.get({ inviteId }),
      () => api.invites.revoke({ inviteId }),
    ]
    for (const ask of asked(engine.as({ kind: 'user', id: 'op', roles: { [companyId]: 'operator' } }))) {
      expect(await errorOf(ask())).toMatchObject({ code: 'forbidden' })
    }
    for (const ask of asked(engine.as({ kind: 'user', id: 'eve', roles: { [other.id]: 'owner' } }))) {
      expect(await errorOf(ask())).toMatchObject({ code: 'not_found' })
    }
  })

  it('is accepted over HTTP with its token alone, and a repeat under the same key gets the same answer', async () => {
    const { engine, companyId } = await createTimedWorld()
    const call = callHandler({ engine })
    const { key: token } = await engine.invites.create({ companyId, role: 'operator' })
    const accept = (body: object, headers: Record<string, string> = {}) => call('POST', '/api/invites/accept', { body, headers })
    const first = await accept({ token, name: 'Ann' }, { 'idempotency-key': 'a' })
    expect(first.status).toBe(201)
    expect((await accept({ token, name: 'Ann' }, { 'idempotency-key': 'a' })).text).toBe(first.text)
    expect([(await accept({ token, name: 'Bob' })).status, (await accept({ token: 'nonsense', name: 'Bob' })).status]).toEqual([409, 404])
    expect((await accept({ name: 'Bob' })).status).toBe(400)
    const listed = await call('GET', '/api/companies', { credential: first.at('key') })
    expect(listed.at('items.0.id')).toBe(companyId)
    expect((await call('POST', '/api/invites/accept', { body: { token, name: 'Bob' }, credential: 'eng_user_wrong' })).status).toBe(401)
  })

  it('is accepted by no agent', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const { key: token } = await engine.invites.create({ companyId, role: 'admin' })
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    expect(await errorOf(agent.invites.accept({ token, name: 'Eve' }))).toMatchObject({ code: 'forbidden' })
  })
})

describe.each(families)('a company on %s', (family) => {
  it('keeps what it was told about itself', async () => {
    const { engine } = await createTimedWorld(family)
    const given = { requiresHireApproval: true, requiresStrategyApproval: true, brandColor: '#0A7CFF', attachmentMaxBytes: 5 } as const
    const made = await engine.companies.create({ name: 'Acme Two', ...given })
    expect(made).toMatchObject({ ...given, brandColor: '#0a7cff', strategyGate: 'closed', defaultAgentId: null, pauseReason: null })
    const worker = await engine.members.add({ companyId: made.id, name: 'Ann', role: 'viewer' })
    const changes = { requiresHireApproval: false, requiresStrategyApproval: false, brandColor: null, attachmentMaxBytes: 104_857_600 }
    const changed = await engine.companies.update({ companyId: made.id, ...changes, defaultAgentId: worker.agentId })
    expect(changed).toMatchObject({ ...changes, strategyGate: 'none', defaultAgentId: worker.agentId })
    const { items } = await engine.events.list({ companyId: made.id, limit: 100 })
    expect(items.at(-1)?.data).toEqual({
      changed: ['requiresHireApproval', 'strategyGate', 'brandColor', 'attachmentMaxBytes', 'defaultAgentId'],
    })
  })

  it('says why it is paused until it goes on', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    expect(await engine.companies.pause({ companyId, reason: 'Holidays' })).toMatchObject({ status: 'paused', pauseReason: 'Holidays' })
    expect(await engine.companies.get({ companyId })).toMatchObject({ pauseReason: 'Holidays' })
    expect(await engine.companies.resume({ companyId })).toMatchObject({ status: 'active', pauseReason: null })
    expect(await engine.companies.pause({ companyId })).toMatchObject({ pauseReason: null })
  })
})

describe('a company', () => {
  it('waits for a strategy only when none was ever approved', async () => {
    const { engine, companyId } = await createTimedWorld()
    const gate = async (requiresStrategyApproval: boolean) =>
      (await engine.companies.update({ companyId, requiresStrategyApproval })).strategyGate
    expect(await gate(true)).toBe('closed')
    expect(await gate(true)).toBe('closed')
    expect(await gate(false)).toBe('none')
  })

  it('refuses a default agent that is not there, of another company, or terminated', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const other = await engine.companies.create({ name: 'Other' })
    const foreign = await engine.members.add({ companyId: other.id, name: 'Ann', role: 'viewer' })
    await engine.agents.terminate({ agentId })
    for (const defaultAgentId of [agentId, foreign.agentId, other.id]) {
      expect(await errorOf(engine.companies.update({ companyId, defaultAgentId }))).toMatchObject({ code: 'rule_violated' })
    }
  })

  it('refuses colors and sizes that are none', async () => {
    const { engine, companyId } = await createTimedWorld()
    for (const more of [{ brandColor: 'red' }, { brandColor: '#fff' }, { attachmentMaxBytes: 0 }, { attachmentMaxBytes: 104_857_601 }]) {
      expect(await errorOf(engine.companies.update({ companyId, ...more }))).toMatchObject({ code: 'invalid_input' })
    }
  })

  it('is listed for those who are in it', async () => {
    const { engine, companyId } = await createTimedWorld()
    const { key: token } = await engine.invites.create({ companyId, role: 'viewer' })
    await engine.companies.create({ name: 'Other' })
    const actor = await engine.authenticate((await engine.invites.accept({ token, name: 'Ann' })).key)
    if (!actor) throw new Error('the key is refused')
    expect((await engine.as(actor).companies.list()).items.map(({ id }) => id)).toEqual([companyId])
    expect(await errorOf(engine.as(actor).companies.create({ name: 'Mine' }))).toMatchObject({ code: 'forbidden' })
  })
})
