import { describe, expect, it, onTestFinished } from 'vitest'

import { createFakeClock, until } from '@engine/testing'
import type { Engine } from '@engine/core'
import { createHandler } from '@engine/http'

import { actorOf, goodPassword, inviteWithPassword, otherPassword, quickPasswords, setUp } from './support/accounts.ts'
import { untilSealed } from './support/audit.ts'
import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const dayMs = 86_400_000

async function logIn(engine: Engine, email: string, password = goodPassword) {
  const { credential, person } = await engine.accounts.logIn({ email, password })
  return { credential: credential ?? '', userId: person.userId, api: engine.as(await actorOf(engine, credential)) }
}

describe.each(['sqlite', 'postgres'])('on %s', (family) => {
  async function open(options: Parameters<typeof createWorld>[0] = {}) {
    const settings = { ...quickPasswords, ...options.settings }
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', ...options, settings })
    onTestFinished(() => world.engine.stop())
    const { email } = await setUp(world.engine)
    return { ...world, ada: await logIn(world.engine, email) }
  }

  /** Kim, who is a member with this role in the company and in another one. */
  async function withKim(world: Awaited<ReturnType<typeof open>>, role: 'operator' | 'owner' = 'operator') {
    const { engine, companyId } = world
    const email = 'kim@example.com'
    const { member } = await inviteWithPassword(engine, { companyId, email, role })
    const { id: secondId } = await engine.companies.create({ name: 'Second' })
    const second = await engine.members.add({ companyId: secondId, name: 'Kim S.', email, role: 'operator' })
    return { email, secondId, memberId: member.id, agentId: member.agentId, second, ...(await logIn(engine, email)) }
  }

  describe('an installation', () => {
    it('has as many owners as are made, and always one', async () => {
      const world = await open()
      const { engine, ada, companyId } = world
      const kim = await withKim(world)
      expect(await errorOf(kim.api.accounts.giveOwnership({ userId: kim.userId }))).toMatchObject({ code: 'forbidden' })
      expect(await errorOf(ada.api.accounts.takeOwnership({ userId: ada.userId }))).toMatchObject({
        code: 'rule_violated',
        message: expect.stringContaining('last owner of this installation'),
      })
      expect(await ada.api.accounts.giveOwnership({ userId: kim.userId })).toMatchObject({ userId: kim.userId, role: 'owner' })
      const owners = (await ada.api.accounts.list({ role: 'owner' })).items.map(({ userId }) => userId)
      expect(owners.toSorted()).toEqual([ada.userId, kim.userId].toSorted())
      // From the next call on, with the session of before.
      const owner = engine.as(await actorOf(engine, kim.credential))
      expect((await owner.companies.create({ name: 'Third' })).name).toBe('Third')
      // Two owners take it from each other at once: one of them keeps it.
      const both = await Promise.allSettled([
        ada.api.accounts.takeOwnership({ userId: kim.userId }),
        owner.accounts.takeOwnership({ userId: ada.userId }),
      ])
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const { items } = await engine.accounts.list({})
      expect(items.filter(({ role }) => role === 'owner')).toHaveLength(1)
      const log = (await engine.accounts.log({})).items.filter(({ type }) => type === 'account.role_changed')
      expect(log.map(({ data }) => data)).toEqual([
        { from: 'owner', to: null },
        { from: null, to: 'owner' },
      ])
      expect((await engine.companies.get({ companyId })).status).toBe('active')
    })
  })

  describe('an account that is deleted', () => {
    it('leaves what it wrote under a name that says so, and a log that is whole', async () => {
      const world = await open()
      const { engine, companyId, ada } = world
      const kim = await withKim(world)
      const { id: taskId } = await engine.tasks.create({ companyId, title: 'Write' })
      const comment = await kim.api.comments.create({ taskId, body: 'As I said' })
      await kim.api.tasks.assign({ taskId, userId: kim.userId })
      const own = await kim.api.keys.createOwn({ companyId, name: 'Laptop' })
      const made = await engine.keys.create({ agentId: world.agentId, name: 'Server' })
      await engine.start()
      expect(await errorOf(kim.api.accounts.deleteOwn({ password: otherPassword }))).toMatchObject({ code: 'login_refused' })
      expect((await engine.members.get({ memberId: kim.memberId })).status).toBe('active')
      expect(await kim.api.accounts.deleteOwn({ password: goodPassword })).toEqual({ userId: kim.userId, keysLeft: [] })

      expect(await engine.authenticate(kim.credential)).toBeNull()
      expect(await engine.authenticate(own.key)).toBeNull()
      expect(await engine.authenticate(made.key)).not.toBeNull()
      expect(await errorOf(engine.accounts.logIn({ email: kim.email, password: goodPassword }))).toMatchObject({ code: 'login_refused' })
      for (const memberId of [kim.memberId, kim.second.id])
        expect(await engine.members.get({ memberId })).toMatchObject({ name: 'Deleted person', email: null, status: 'removed' })
      expect((await engine.agents.get({ agentId: kim.agentId })).name).toBe('Deleted person')
      expect((await engine.tasks.get({ taskId })).assigneeAgentId).toBeNull()
      expect((await engine.comments.list({ taskId })).items).toMatchObject([{ id: comment.id, body: 'As I said' }])
      expect((await ada.api.accounts.list({})).items.map(({ userId }) => userId)).toEqual([ada.userId])
      await untilSealed(engine, companyId)
      expect(await engine.audit.verify({ companyId })).toMatchObject({ isSound: true, problems: [] })
      const ended = (await engine.events.list({ companyId })).items.filter(({ type }) => type === 'member.status_changed')
      expect(ended).toMatchObject([{ actor: { kind: 'user', id: kim.userId }, data: { to: 'removed', reason: 'account_deleted' } }])
      expect((await engine.accounts.log({ userId: kim.userId })).items[0]).toMatchObject({ type: 'account.deleted' })
      // The address is free: who comes with it is somebody else.
      const again = await inviteWithPassword(engine, { companyId, email: kim.email })
      expect(again.member.userId).not.toBe(kim.userId)
    })

    it('is one of somebody else for an owner of the installation only, and says which keys of agents go on', async () => {
      const world = await open()
      const { engine, ada, companyId, agentId } = world
      const kim = await withKim(world, 'owner')
      await engine.members.add({ companyId, name: 'Ann', role: 'owner' })
      const made = await kim.api.keys.create({ agentId, name: 'Server' })
      expect(await errorOf(kim.api.accounts.delete({ userId: ada.userId }))).toMatchObject({ code: 'forbidden' })
      expect(await ada.api.accounts.delete({ userId: kim.userId })).toMatchObject({ keysLeft: [{ id: made.id, name: 'Server' }] })
      expect(await errorOf(ada.api.accounts.delete({ userId: kim.userId }))).toMatchObject({ code: 'not_found' })
    })

    it('is not that of the last owner, of the installation or of a company that goes on; nothing has changed then', async () => {
      const world = await open()
      const { engine, ada, companyId } = world
      expect(await errorOf(ada.api.accounts.deleteOwn({ password: goodPassword }))).toMatchObject({
        code: 'rule_violated',
        message: expect.stringContaining('last owner of this installation'),
      })
      const kim = await withKim(world, 'owner')
      expect(await errorOf(kim.api.accounts.deleteOwn({ password: goodPassword }))).toMatchObject({
        code: 'rule_violated',
        message: expect.stringContaining('last active owner of the company'),
      })
      expect((await engine.members.get({ memberId: kim.second.id })).status).toBe('active')
      await engine.companies.archive({ companyId })
      await kim.api.accounts.deleteOwn({ password: goodPassword })
      expect((await engine.members.get({ memberId: kim.memberId })).status).toBe('removed')
    })

    it('ends its open streams within a second', async () => {
      const world = await open()
      const { engine, ada, companyId } = world
      const kim = await withKim(world)
      const gone = new AbortController()
      onTestFinished(() => gone.abort())
      const handler = createHandler({ engine, accounts: {} })
      const headers: Record<string, string> = { host: 'localhost', accept: 'text/event-stream', cookie: `engine_session=${kim.credential}` }
      const answer = await handler({
        method: 'GET',
        url: new URL(`http://localhost/api/companies/${companyId}/events`),
        header: (name) => headers[name] ?? null,
        body: async () => new Uint8Array(),
        signal: () => gone.signal,
      })
      expect(answer.status).toBe(200)
      if (typeof answer.body === 'string' || answer.body instanceof Uint8Array) throw new Error('this is no stream')
      const stream = answer.body
      const ended = (async () => {
        for await (const part of stream) void part
      })()
      await ada.api.accounts.delete({ userId: kim.userId })
      await ended
      expect(gone.signal.aborted).toBe(false)
    })
  })

  it('the log of accounts is kept for as many days as the host says', async () => {
    const clock = createFakeClock(Date.now())
    const { engine, ada } = await open({ clock, settings: { accountLogDays: 10 } })
    await clock.advance(6 * dayMs)
    await logIn(engine, 'ada@example.com')
    const types = async () => (await engine.accounts.log({ userId: ada.userId })).items.map(({ type }) => type)
    expect(await types()).toEqual(['session.began', 'session.began', 'session.began', 'account.created'])
    await clock.advance(5 * dayMs)
    await engine.start()
    await until(types, (found) => found.length === 1)
    expect(await types()).toEqual(['session.began'])
  })
})
