import { describe, expect, it } from 'vitest'

import type { Engine, Scope } from '@engine/core'
import { createHandler } from '@engine/http'

import { errorOf } from './support/engine.ts'
import { callHandler } from './http-fixtures.ts'
import { createTimedWorld } from './support/timed-world.ts'

const families = ['sqlite', 'postgres'] as const
const minute = 60_000

/** A member with a key of their own. */
async function join(engine: Engine, companyId: string, role: 'viewer' | 'operator' | 'admin' | 'owner' = 'operator') {
  const invite = await engine.invites.create({ companyId, role })
  return engine.invites.accept({ token: invite.key, name: `Some ${role}` })
}

async function actorOf(engine: Engine, key: string) {
  const actor = await engine.authenticate(key)
  if (!actor) throw new Error('the key is refused')
  return actor
}

describe.each(families)('keys on %s', (family) => {
  it('of an agent act as that agent, in its company', async () => {
    const { engine, companyId, agentId } = await createTimedWorld(family)
    const made = await engine.keys.create({ agentId, name: 'Laptop' })
    expect(made.key).toMatch(/^eng_agent_[\w-]{43}$/)
    expect(made).toMatchObject({ kind: 'agent', agentId, memberId: null, prefix: made.key.slice(0, 12), scopes: null, lastUsedAt: null })
    expect(await engine.authenticate(made.key)).toEqual({ kind: 'agent', id: agentId, companyId })
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const { run } = await engine.as(await actorOf(engine, made.key)).tasks.checkout({ taskId: task.id })
    expect(run.agentId).toBe(agentId)
  })

  it('of a person act for their membership, with the role that they have at each call', async () => {
    const { engine, companyId } = await createTimedWorld(family)
    const { member, key } = await join(engine, companyId, 'viewer')
    expect(key).toMatch(/^eng_user_[\w-]{43}$/)
    expect(await engine.authenticate(key)).toEqual({ kind: 'user', id: member.userId, roles: { [companyId]: 'viewer' } })
    await engine.members.update({ memberId: member.id, role: 'admin' })
    expect(await engine.authenticate(key)).toMatchObject({ roles: { [companyId]: 'admin' } })
  })

  it('are refused at once when they are revoked, and from their end on', async () => {
    const { engine, agentId, time } = await createTimedWorld(family)
    const [first, second] = [
      await engine.keys.create({ agentId, name: 'One' }),
      await engine.keys.create({ agentId, name: 'Two', expiresAt: new Date(Date.now() + 5 * minute).toISOString() }),
    ]
    const revoked = await engine.keys.revoke({ keyId: first.id })
    expect(revoked.revokedAt).not.toBeNull()
    expect(await engine.authenticate(first.key)).toBeNull()
    expect(await engine.keys.revoke({ keyId: first.id })).toEqual(revoked)
    expect(await engine.authenticate(second.key)).not.toBeNull()
    time.aheadMs = 5 * minute
    expect(await engine.authenticate(second.key)).toBeNull()
  })

  it('note once a minute that they are used', async () => {
    const { engine, companyId, agentId, time } = await createTimedWorld(family)
    const { key } = await engine.keys.create({ agentId, name: 'Laptop' })
    const lastUsed = async () => (await engine.keys.list({ companyId })).items[0]?.lastUsedAt
    await Promise.all(Array.from({ length: 5 }, () => engine.authenticate(key)))
    const noted = await lastUsed()
    expect(noted).toMatch(/Z$/)
    time.aheadMs = minute / 2
    await engine.authenticate(key)
    expect(await lastUsed()).toBe(noted)
    time.aheadMs = 2 * minute
    await engine.authenticate(key)
    expect(await lastUsed()).not.toBe(noted)
  })

  it('are the same in the answer to a repeat, and nowhere in the database', async () => {
    const { engine, companyId, agentId, watch } = await createTimedWorld(family)
    const { member } = await join(engine, companyId)
    const person = { kind: 'user', id: member.userId, roles: { [companyId]: 'operator' } } as const
    const make = () => engine.keys.create({ agentId, name: 'Laptop' }, { idempotencyKey: 'once' })
    const makeOwn = () => engine.as(person).keys.createOwn({ companyId, name: 'Mine' }, { idempotencyKey: 'once' })
    const [made, own] = [await make(), await makeOwn()]
    expect([await make(), await makeOwn()]).toEqual([made, own])
    expect((await engine.keys.list({ companyId })).items).toHaveLength(3)
    const stored = await watch.dump()
    for (const { key, prefix } of [made, own]) {
      expect(stored).toContain(prefix)
      expect(stored).not.toContain(key.slice(prefix.length))
    }
  })
})

describe('a key', () => {
  it('is worth nothing before its agent is hired, and when it is terminated', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const { key } = await engine.keys.create({ agentId, name: 'Laptop' })
    await engine.agents.pause({ agentId })
    expect(await engine.authenticate(key)).not.toBeNull()
    await engine.agents.terminate({ agentId })
    expect(await engine.authenticate(key)).toBeNull()
    expect(await errorOf(engine.keys.create({ agentId, name: 'Another' }))).toMatchObject({ code: 'rule_violated' })
    await engine.companies.update({ companyId, requiresHireApproval: true })
    const waiting = await engine.agents.create({ companyId, name: 'Eve', role: 'writer', adapterType: 'scripted' })
    expect(waiting.status).toBe('pending_approval')
    const early = await engine.keys.create({ agentId: waiting.id, name: 'Early' })
    expect(await engine.authenticate(early.key)).toBeNull()
  })

  it('is limited to its scopes', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const { key } = await engine.keys.create({ agentId, name: 'Reader', scopes: ['tasks:read', 'tasks:read'] })
    const actor = await actorOf(engine, key)
    expect(actor).toMatchObject({ scopes: ['tasks:read'] })
    const reader = engine.as(actor)
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    expect(await reader.tasks.get({ taskId: task.id })).toMatchObject({ id: task.id })
    const refusal = await errorOf(reader.comments.create({ taskId: task.id, body: 'Hello' }))
    expect(refusal).toMatchObject({ code: 'forbidden', details: { scope: 'comments:create' } })
    expect(refusal.message).toMatch(/lacks the scope comments:create/)
  })

  it('that is limited is shown by its inbox no comment that it may not read', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    await engine.comments.create({ taskId: task.id, body: 'In confidence.', mentions: [agentId] })
    const shown = async (scopes: Scope[]) => {
      const { key } = await engine.keys.create({ agentId, name: 'Inbox', scopes })
      const { items, mentions } = await engine.as(await actorOf(engine, key)).tasks.inbox()
      return [items.length, mentions.map(({ comment }) => comment.body)]
    }
    expect(await shown(['agents:self'])).toEqual([1, []])
    expect(await shown(['agents:self', 'comments:read'])).toEqual([1, ['In confidence.']])
  })

  it('that is limited is shown by the figures of an agent no cost that it may not read', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const { run } = await engine.tasks.checkout({ taskId: task.id })
    const worker = engine.as({ kind: 'run', id: run.id, companyId, agentId, taskId: task.id, fence: run.fence ?? 0 })
    await worker.runs.recordUsage({ runId: run.id, usages: [{ sequence: 1, inputTokens: 1, outputTokens: 1, costMicros: 40 }] })
    await engine.tasks.complete({ taskId: task.id })
    const shown = async (scopes: Scope[]) => {
      const { key } = await engine.keys.create({ agentId, name: 'Figures', scopes: ['agents:read', ...scopes] })
      const { tasks, runs, costMicrosPerDoneTask } = await engine.as(await actorOf(engine, key)).agents.metrics({ agentId })
      return [tasks.done, runs.total, runs.costMicros, costMicrosPerDoneTask]
    }
    expect(await shown([])).toEqual([1, 1, null, null])
    for (const scope of ['costs:read', 'runs:read'] as const) expect(await shown([scope])).toEqual([1, 1, 40, 40])
  })

  it('that is limited makes none that can do more', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const { member } = await join(engine, companyId, 'admin')
    const person = { kind: 'user', id: member.userId, roles: { [companyId]: 'admin' } } as const
    const { key } = await engine
      .as(person)
      .keys.createOwn({ companyId, name: 'Limited', scopes: ['keys:own', 'keys:manage', 'tasks:read'] })
    const limited = engine.as(await actorOf(engine, key))
    expect((await limited.keys.createOwn({ companyId, name: 'As limited' })).scopes).toEqual(['keys:own', 'keys:manage', 'tasks:read'])
    expect((await limited.keys.create({ agentId, name: 'Less', scopes: ['tasks:read'] })).scopes).toEqual(['tasks:read'])
    for (const make of [
      () => limited.keys.createOwn({ companyId, name: 'More', scopes: ['members:manage'] }),
      () => limited.keys.create({ agentId, name: 'More', scopes: ['tasks:read', 'tasks:work'] }),
    ]) {
      expect(await errorOf(make())).toMatchObject({ code: 'forbidden' })
    }
  })

  it('of an unknown scope, or with an end that has passed, is invalid', async () => {
    const { engine, agentId } = await createTimedWorld()
    const make = (more: object) =>
      engine.execute('keys.create', { input: { agentId, name: 'Key', ...more }, actor: { kind: 'system', id: 'system' } })
    for (const more of [
      { scopes: ['tasks:everything'] },
      { scopes: [] },
      { expiresAt: '2020-01-01T00:00:00Z' },
      { expiresAt: 'tomorrow' },
    ]) {
      expect(await errorOf(make(more))).toMatchObject({ code: 'invalid_input' })
    }
  })

  it('is seen and revoked by its holder and by admins, and by nobody else', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const [mine, other] = [await join(engine, companyId, 'viewer'), await join(engine, companyId, 'operator')]
    const me = engine.as(await actorOf(engine, mine.key))
    const admin = engine.as(await actorOf(engine, (await join(engine, companyId, 'admin')).key))
    const second = await me.keys.createOwn({ companyId, name: 'Second' })
    const agents = await engine.keys.create({ agentId, name: 'Laptop' })
    expect((await me.keys.list({ companyId })).items.map((key) => key.memberId)).toEqual([mine.member.id, mine.member.id])
    expect((await me.keys.list({ companyId, memberId: other.member.id })).items).toEqual([])
    const seen = await admin.keys.list({ companyId })
    expect(seen.items).toHaveLength(5)
    expect(JSON.stringify(seen)).not.toContain(agents.key)
    expect((await admin.keys.list({ companyId, agentId })).items.map((key) => key.id)).toEqual([agents.id])
    expect((await admin.keys.list({ companyId, limit: 2 })).items).toHaveLength(2)
    const theirs = (await admin.keys.list({ companyId, memberId: other.member.id })).items[0]?.id ?? ''
    for (const keyId of [theirs, agents.id]) expect(await errorOf(me.keys.revoke({ keyId }))).toMatchObject({ code: 'forbidden' })
    await me.keys.revoke({ keyId: second.id })
    await admin.keys.revoke({ keyId: theirs })
    expect(await engine.authenticate(other.key)).toBeNull()
    expect(await errorOf(me.keys.create({ agentId, name: 'Mine' }))).toMatchObject({ code: 'forbidden' })
  })

  it('of another company is absent', async () => {
    const { engine, agentId } = await createTimedWorld()
    const other = await engine.companies.create({ name: 'Other' })
    const stranger = engine.as(await actorOf(engine, (await join(engine, other.id, 'owner')).key))
    const { id } = await engine.keys.create({ agentId, name: 'Laptop' })
    expect(await errorOf(stranger.keys.revoke({ keyId: id }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.keys.create({ agentId, name: 'Mine' }))).toMatchObject({ code: 'not_found' })
  })

  it('is made for no one who is not a member', async () => {
    const { engine, companyId } = await createTimedWorld()
    for (const api of [engine, engine.as({ kind: 'user', id: 'known to the host', roles: { [companyId]: 'owner' } })]) {
      expect(await errorOf(api.keys.createOwn({ companyId, name: 'Mine' }))).toMatchObject({ code: 'rule_violated' })
    }
  })
})

describe('over HTTP', () => {
  it('keys and credentials are all taken as Bearer', async () => {
    const { engine, companyId, agentId } = await createTimedWorld()
    const call = callHandler({ engine })
    const agent = await engine.keys.create({ agentId, name: 'Laptop' })
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const { credential } = await engine.tasks.checkout({ taskId: task.id })
    for (const key of [agent.key, (await join(engine, companyId)).key, credential ?? '']) {
      expect((await call('GET', `/api/tasks/${task.id}`, { credential: key })).status).toBe(200)
    }
  })

  it('whatever is wrong with a key, the answer is the same', async () => {
    const { engine, companyId, agentId, time } = await createTimedWorld()
    const call = callHandler({ engine })
    const ends = new Date(Date.now() + minute).toISOString()
    const expired = await engine.keys.create({ agentId, name: 'Expired', expiresAt: ends })
    const revoked = await engine.keys.create({ agentId, name: 'Revoked' })
    await engine.keys.revoke({ keyId: revoked.id })
    const disabled = await join(engine, companyId)
    await engine.members.disable({ memberId: disabled.member.id })
    time.aheadMs = 2 * minute
    const unknown = `eng_user_${'x'.repeat(43)}`
    const seen = new Set<string>()
    for (const credential of [expired.key, revoked.key, disabled.key, unknown, 'eng_user_short', 'nonsense', `${revoked.key}x`]) {
      const answer = await call('GET', '/api/companies', { credential })
      expect([answer.status, answer.at('code'), answer.headers.get('www-authenticate')]).toEqual([401, 'unauthenticated', 'Bearer'])
      seen.add(answer.at('detail'))
    }
    expect(seen.size).toBe(1)
  })

  it('a key is asked for as often by what is wrong with it: one statement', async () => {
    const { engine, companyId, agentId, watch } = await createTimedWorld()
    const revoked = await engine.keys.create({ agentId, name: 'Revoked' })
    await engine.keys.revoke({ keyId: revoked.id })
    const disabled = await join(engine, companyId)
    await engine.members.disable({ memberId: disabled.member.id })
    for (const key of [revoked.key, disabled.key, `eng_agent_${'x'.repeat(43)}`]) {
      const before = watch.counts.statements
      expect(await engine.authenticate(key)).toBeNull()
      expect(watch.counts.statements - before).toBe(1)
    }
  })
})

it('a stream over HTTP shows nothing of what happens after its key was revoked', async () => {
  const { engine, companyId, agentId } = await createTimedWorld()
  const made = await engine.keys.create({ agentId, name: 'Laptop' })
  const headers = new Headers({ accept: 'text/event-stream', authorization: `Bearer ${made.key}`, host: 'localhost' })
  const answer = await createHandler({ engine })({
    method: 'GET',
    url: new URL(`http://localhost/api/companies/${companyId}/events`),
    header: (name) => headers.get(name),
    body: async () => new Uint8Array(),
    signal: () => AbortSignal.timeout(10_000),
  })
  expect(answer.status).toBe(200)
  if (typeof answer.body === 'string' || answer.body instanceof Uint8Array) throw new Error('this is no stream')
  let text = ''
  for await (const part of answer.body) {
    text += String(part)
    if (text.includes('key.created')) await engine.keys.revoke({ keyId: made.id })
  }
  expect(text).toContain('key.created')
  expect(text).not.toContain('key.revoked')
})

it('a stream of events ends with the key that opened it', async () => {
  const { engine, companyId, agentId } = await createTimedWorld()
  const made = await engine.keys.create({ agentId, name: 'Laptop' })
  const signal = AbortSignal.timeout(10_000)
  const stream = engine.stream({ companyId, actor: () => actorOf(engine, made.key), signal })[Symbol.asyncIterator]()
  expect((await stream.next()).value).not.toHaveLength(0)
  await engine.keys.revoke({ keyId: made.id })
  await expect(stream.next()).rejects.toThrow('the key is refused')
})
