import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type * as NodeCrypto from 'node:crypto'

import { postgres } from '@engine/storage-postgres'
import { createFakeClock } from '@engine/testing'

import { from, actorOf, goodPassword, inviteWithPassword, openSetup, otherPassword, quickPasswords, setUp } from './support/accounts.ts'
import { createWorld, errorOf } from './support/engine.ts'
import { newDatabase, newStorage } from './support/storages.ts'

const derived = vi.hoisted(() => ({ count: 0 }))

// What a login costs is counted, not timed.
vi.mock('node:crypto', async (original) => {
  const actual = await original<typeof NodeCrypto>()
  const scrypt = (...given: Parameters<typeof actual.scrypt>) => {
    derived.count += 1
    return actual.scrypt(...given)
  }
  return { ...actual, scrypt, default: { ...actual, scrypt } }
})

describe.each(['sqlite', 'postgres'])('accounts on %s', (family) => {
  async function open(settings: object = {}) {
    const clock = createFakeClock(Date.now())
    const world = await createWorld({
      clock,
      storage: await newStorage(family),
      agentMode: 'manual',
      settings: { ...quickPasswords, ...settings },
    })
    onTestFinished(() => world.engine.stop())
    return { ...world, clock }
  }

  it('begin with a link of the console, which works once and makes the owner of the installation', async () => {
    const { engine, companyId } = await open()
    const input = { name: 'Ada', email: 'Ada@Example.com', password: goodPassword }
    expect(await errorOf(engine.accounts.setUp({ ...input, token: 'eng_setup_guessed' }))).toMatchObject({ code: 'link_refused' })
    const replaced = (await openSetup(engine)) ?? ''
    const token = (await openSetup(engine)) ?? ''
    expect(await errorOf(engine.accounts.setUp({ ...input, token: replaced }))).toMatchObject({ code: 'link_refused' })
    const both = await Promise.allSettled([engine.accounts.setUp({ ...input, token }), engine.accounts.setUp({ ...input, token })])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await errorOf(engine.accounts.setUp({ ...input, token }))).toMatchObject({ code: 'link_refused' })
    expect(await openSetup(engine)).toBeNull()
    const { credential, person } = await engine.accounts.logIn({ email: 'ada@example.COM', password: goodPassword })
    expect(person).toMatchObject({ name: 'Ada', email: 'ada@example.com', role: 'owner', memberships: [] })
    const ada = engine.as(await actorOf(engine, credential))
    expect((await ada.companies.get({ companyId })).id).toBe(companyId)
    expect((await ada.companies.create({ name: 'Second' })).name).toBe('Second')
  })

  it('are not made by a link that is too old', async () => {
    const { engine, watch } = await open()
    const token = (await openSetup(engine)) ?? ''
    await watch.query(`update ${watch.table('account_links')} set expires_at = ?`, ['2001-01-01T00:00:00.000Z'])
    const late = engine.accounts.setUp({ token, name: 'Ada', email: 'ada@example.com', password: goodPassword })
    expect(await errorOf(late)).toMatchObject({ code: 'link_refused' })
  })

  it('answer an unknown address as a wrong password, with the same work', async () => {
    const { engine } = await open()
    const { email } = await setUp(engine)
    const attempt = async (given: { email: string; password: string }) => {
      const before = derived.count
      const { code, kind, message, details } = await errorOf(engine.accounts.logIn(given, from('203.0.113.1')))
      return { code, kind, message, details, work: derived.count - before }
    }
    const wrong = await attempt({ email, password: otherPassword })
    const unknown = await attempt({ email: 'nobody@example.com', password: otherPassword })
    expect(wrong).toMatchObject({ code: 'login_refused', work: 1 })
    expect(unknown).toEqual(wrong)
  })

  it('look at five wrong passwords from one address, and then wait longer each time; others are not kept out', async () => {
    const { engine, clock } = await open()
    const { email } = await setUp(engine)
    const guess = (address: string, password = otherPassword) => errorOf(engine.accounts.logIn({ email, password }, from(address)))
    // All at once are no more than one after the other.
    const codes = (await Promise.all(Array.from({ length: 9 }, () => guess('203.0.113.1')))).map(({ code }) => code)
    expect(codes.filter((code) => code === 'login_refused')).toHaveLength(5)
    expect(codes.filter((code) => code === 'too_many_attempts')).toHaveLength(4)
    const before = derived.count
    const refused = await guess('203.0.113.1', goodPassword)
    expect(refused).toMatchObject({ code: 'too_many_attempts', details: { retryAfterMs: expect.any(Number) } })
    expect(derived.count).toBe(before)
    const unknown = () => errorOf(engine.accounts.logIn({ email: 'nobody@example.com', password: 'x' }, from('203.0.113.2')))
    for (let time = 0; time < 5; time += 1) expect(await unknown()).toMatchObject({ code: 'login_refused' })
    expect(await unknown()).toMatchObject({ code: 'too_many_attempts' })
    expect((await engine.accounts.logIn({ email, password: goodPassword }, from('198.51.100.7'))).person.email).toBe(email)
    await clock.advance(5_001)
    expect(await guess('203.0.113.1')).toMatchObject({ code: 'login_refused' })
    await clock.advance(5_001)
    expect(await guess('203.0.113.1')).toMatchObject({ code: 'too_many_attempts' })
    await clock.advance(5_001)
    expect((await engine.accounts.logIn({ email, password: goodPassword }, from('203.0.113.1'))).person.email).toBe(email)
  })

  it('let their person in from where they always come from, whatever strangers try elsewhere', async () => {
    const { engine, clock } = await open()
    const { email } = await setUp(engine)
    const home = from('192.0.2.1')
    await engine.accounts.logIn({ email, password: goodPassword }, home)
    for (let stranger = 1; stranger <= 50; stranger += 1)
      await errorOf(engine.accounts.logIn({ email, password: otherPassword }, from(`203.0.113.${stranger}`)))
    const elsewhere = () => errorOf(engine.accounts.logIn({ email, password: goodPassword }, from('198.51.100.1')))
    expect(await elsewhere()).toMatchObject({ code: 'too_many_attempts' })
    expect((await engine.accounts.logIn({ email, password: goodPassword }, home)).person.email).toBe(email)
    // And nobody is kept out for long anywhere.
    await clock.advance(60_001)
    expect((await engine.accounts.logIn({ email, password: goodPassword }, from('198.51.100.1'))).person.email).toBe(email)
  })

  it('make a new token at each login, show where one is logged in, and end what is revoked', async () => {
    const { engine } = await open()
    const { email, credential: first } = await setUp(engine)
    const logIn = (address: string) => engine.accounts.logIn({ email, password: goodPassword }, from(address))
    const [laptop, phone, library] = await Promise.all([logIn('192.0.2.1'), logIn('192.0.2.2'), logIn('192.0.2.3')])
    expect(new Set([first, laptop.credential, phone.credential, library.credential]).size).toBe(4)
    const me = engine.as(await actorOf(engine, laptop.credential))
    const { items } = await me.sessions.list()
    expect(items).toHaveLength(4)
    expect(items.find(({ isCurrent }) => isCurrent)).toMatchObject({ id: laptop.session.id, address: '192.0.2.1', userAgent: 'a browser' })
    expect(await me.sessions.revoke({ sessionId: library.session.id })).toEqual({ ended: 1 })
    expect(await errorOf(me.sessions.revoke({ sessionId: library.session.id }))).toMatchObject({ code: 'not_found' })
    expect(await engine.authenticate(library.credential ?? '')).toBeNull()
    expect(await me.sessions.revokeOthers()).toEqual({ ended: 2 })
    for (const credential of [first, phone.credential]) expect(await engine.authenticate(credential ?? '')).toBeNull()
    await me.accounts.logOut()
    expect(await engine.authenticate(laptop.credential ?? '')).toBeNull()
    const all = await engine.authenticateAll([first, laptop.credential ?? '', 'eng_session_nonsense'])
    expect([...all.values()]).toEqual([null, null, null])
  })

  it('end sessions that nobody uses, and every one after its time', async () => {
    const { engine, clock } = await open()
    const { email, credential } = await setUp(engine)
    const day = 86_400_000
    for (let week = 0; week < 4; week += 1) {
      await clock.advance(6 * day)
      expect(await engine.authenticate(credential)).not.toBeNull()
    }
    await clock.advance(6 * day)
    expect(await engine.authenticate(credential)).toBeNull()
    const { credential: unused = '' } = await engine.accounts.logIn({ email, password: goodPassword })
    await clock.advance(7 * day + 1)
    expect(await engine.authenticate(unused)).toBeNull()
  })

  it('change a password for whoever knows it, and end all other sessions and links', async () => {
    const { engine } = await open()
    const { email, credential } = await setUp(engine)
    const other = await engine.accounts.logIn({ email, password: goodPassword })
    const { key } = await engine.accounts.createLink({ email })
    const me = engine.as(await actorOf(engine, credential))
    const change = (currentPassword: string, newPassword: string) => me.accounts.changePassword({ currentPassword, newPassword })
    expect(await errorOf(change(otherPassword, 'a wholly new phrase'))).toMatchObject({ code: 'login_refused' })
    expect(await errorOf(change(goodPassword, 'short'))).toMatchObject({ code: 'weak_password' })
    await change(goodPassword, otherPassword)
    expect(await engine.authenticate(credential)).not.toBeNull()
    expect(await engine.authenticate(other.credential ?? '')).toBeNull()
    expect(await errorOf(engine.accounts.setPassword({ token: key, password: goodPassword }))).toMatchObject({ code: 'link_refused' })
    expect(await errorOf(engine.accounts.logIn({ email, password: goodPassword }))).toMatchObject({ code: 'login_refused' })
    expect((await engine.accounts.logIn({ email, password: otherPassword })).person.email).toBe(email)
  })

  it('have one link for a password, and one to set up, however many are made at once', async () => {
    const { engine } = await open()
    const setups = await Promise.all(Array.from({ length: 5 }, () => openSetup(engine)))
    expect(new Set(setups).size).toBe(5)
    const { email } = await setUp(engine)
    const links = await Promise.all(Array.from({ length: 5 }, () => engine.accounts.createLink({ email })))
    const set = (token: string) => engine.accounts.setPassword({ token, password: otherPassword })
    const opened = []
    for (const { key } of links) opened.push(...(await Promise.allSettled([set(key)])))
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('keep a password with stronger parameters from the next login on', async () => {
    const storage = await newStorage(family)
    const before = await createWorld({ storage, agentMode: 'manual', settings: { passwordCost: 4 } })
    const { email } = await setUp(before.engine)
    const stored = async (world: typeof before) =>
      (await world.watch.query<{ password: string }>(`select password from ${world.watch.table('accounts')}`))[0]?.password
    expect(await stored(before)).toMatch(/^\$scrypt\$ln=4,r=8,p=3\$/)
    onTestFinished(() => before.engine.stop())
    const logIn = () => before.engine.accounts.logIn({ email, password: goodPassword })
    await logIn()
    await before.watch.query(`update ${before.watch.table('accounts')} set password = ?`, [weakerHash])
    await logIn()
    expect(await stored(before)).toMatch(/^\$scrypt\$ln=4,r=8,p=3\$/)
    await logIn()
  })

  it('let a member set a password by an invitation to their address, and act with the roles that they have at the time', async () => {
    const { engine, companyId } = await open()
    const { member, credential } = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const kim = await actorOf(engine, credential)
    expect(kim.roles).toEqual({ [companyId]: 'operator' })
    await engine.members.update({ memberId: member.id, role: 'viewer' })
    expect((await actorOf(engine, credential)).roles).toEqual({ [companyId]: 'viewer' })
    await engine.members.disable({ memberId: member.id })
    expect((await actorOf(engine, credential)).roles).toEqual({})
    expect(await errorOf(engine.as(await actorOf(engine, credential)).companies.get({ companyId }))).toMatchObject({ code: 'not_found' })
  })

  it('are not taken over by somebody who claims an address, nor through another company', async () => {
    const { engine, companyId } = await open()
    const open_ = await engine.invites.create({ companyId, role: 'viewer' })
    const claim = { token: open_.key, name: 'Eve', email: 'kim@example.com', password: goodPassword }
    expect(await errorOf(engine.invites.accept(claim))).toMatchObject({ code: 'rule_violated' })
    await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const { id: otherId } = await engine.companies.create({ name: 'Other' })
    const invited = await engine.invites.create({ companyId: otherId, role: 'admin', email: 'kim@example.com' })
    const stranger = { token: invited.key, name: 'Eve', email: 'kim@example.com' }
    expect(await errorOf(engine.invites.accept(stranger))).toMatchObject({ message: expect.stringContaining('Log in') })
    expect(await errorOf(engine.invites.accept({ ...stranger, password: otherPassword }))).toMatchObject({ code: 'rule_violated' })
    const { credential } = await engine.accounts.logIn({ email: 'kim@example.com', password: goodPassword })
    await engine.as(await actorOf(engine, credential)).invites.accept({ token: invited.key, name: 'Kim' })
    expect((await actorOf(engine, credential)).roles).toEqual({ [companyId]: 'operator', [otherId]: 'admin' })
  })

  it('are given a new password by a link of an admin, for people of that company alone, and never above the own role', async () => {
    const { engine, companyId } = await open()
    const { email } = await setUp(engine)
    const admin = await inviteWithPassword(engine, { companyId, email: 'admin@example.com', role: 'admin' })
    const kim = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const boss = await inviteWithPassword(engine, { companyId, email: 'boss@example.com', role: 'owner' })
    const api = engine.as(await actorOf(engine, admin.credential))
    const linkFor = (memberId: string) => api.members.createPasswordLink({ memberId })
    const { key: token } = await linkFor(kim.member.id)
    const entered = await engine.accounts.setPassword({ token, password: otherPassword })
    expect(entered.person.email).toBe('kim@example.com')
    expect(await engine.authenticate(kim.credential ?? '')).toBeNull()
    expect(await errorOf(engine.accounts.setPassword({ token, password: otherPassword }))).toMatchObject({ code: 'link_refused' })
    expect(await errorOf(linkFor(boss.member.id))).toMatchObject({ code: 'forbidden' })
    const owner = await engine.members.add({ companyId, name: 'Ada', email, role: 'viewer' })
    expect(await errorOf(linkFor(owner.id))).toMatchObject({ code: 'rule_violated' })
    const { id: otherId } = await engine.companies.create({ name: 'Other' })
    await engine.members.add({ companyId: otherId, name: 'Kim', email: 'kim@example.com', role: 'viewer' })
    expect(await errorOf(linkFor(kim.member.id))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(api.accounts.createLink({ email }))).toMatchObject({ code: 'forbidden' })
    const everywhere = engine.as({ kind: 'user', id: 'host-admin', roles: { '*': 'admin' } })
    expect(await errorOf(everywhere.accounts.createLink({ email }))).toMatchObject({ code: 'forbidden' })
    expect(await api.members.revokeSessions({ memberId: kim.member.id })).toEqual({ ended: 1 })
    expect(await engine.authenticate(entered.credential ?? '')).toBeNull()
  })

  it.each(['joins another company', 'gets a higher role', 'becomes an owner of the installation'])(
    'are not opened by a link that an admin made before their person %s',
    async (how) => {
      const { engine, companyId } = await open()
      await setUp(engine)
      const admin = await inviteWithPassword(engine, { companyId, email: 'admin@example.com', role: 'admin' })
      const kim = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
      const api = engine.as(await actorOf(engine, admin.credential))
      const { key: token } = await api.members.createPasswordLink({ memberId: kim.member.id })
      if (how === 'gets a higher role') await engine.members.update({ memberId: kim.member.id, role: 'owner' })
      else if (how === 'becomes an owner of the installation') await engine.accounts.giveOwnership({ userId: kim.member.userId })
      else {
        const { id: otherId } = await engine.companies.create({ name: 'Other' })
        const invited = await engine.invites.create({ companyId: otherId, role: 'owner', email: 'kim@example.com' })
        await engine.as(await actorOf(engine, kim.credential)).invites.accept({ token: invited.key, name: 'Kim' })
      }
      expect(await errorOf(engine.accounts.setPassword({ token, password: otherPassword }))).toMatchObject({ code: 'link_refused' })
      expect((await engine.accounts.logIn({ email: 'kim@example.com', password: goodPassword })).person.email).toBe('kim@example.com')
      expect((await engine.accounts.log({ limit: 100 })).items.map(({ type }) => type)).toContain('password.link_ended')
    },
  )

  it('have a log of what happened to them, in which no password and no token stands, nor anywhere else', async () => {
    const { engine, companyId, watch } = await open()
    const { email, credential } = await setUp(engine)
    const secrets = [goodPassword, otherPassword, credential]
    const { credential: second = '' } = await engine.accounts.logIn({ email, password: goodPassword }, from('192.0.2.1'))
    await errorOf(engine.accounts.logIn({ email, password: 'a password of mine typed as' }, from('192.0.2.9')))
    await errorOf(engine.accounts.logIn({ email: 'typo@example.com', password: goodPassword }, from('192.0.2.9')))
    const { key } = await engine.accounts.createLink({ email })
    const { credential: third = '' } = await engine.accounts.setPassword({ token: key, password: otherPassword })
    const kim = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    await engine.as(await actorOf(engine, third)).accounts.logOut()
    const { items } = await engine.accounts.log({ limit: 100 })
    expect(new Set(items.map(({ type }) => type))).toEqual(
      new Set([
        'setup.opened',
        'account.created',
        'account.login_failed',
        'session.began',
        'session.ended',
        'password.changed',
        'password.link_created',
      ]),
    )
    expect(items.find(({ type }) => type === 'account.login_failed')).toMatchObject({ userId: null, address: '192.0.2.9' })
    const dump = await watch.dump()
    expect(dump).toContain('192.0.2.9')
    expect(dump).not.toContain('typo@example.com')
    for (const secret of [...secrets, second, third, key, kim.credential ?? '', 'a password of mine'].filter((text) => text !== ''))
      expect(dump).not.toContain(secret)
  })

  it('are of people: a key, an agent and the host itself are logged in nowhere', async () => {
    const { engine, companyId } = await open()
    const { key } = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const byKey = engine.as(await actorOf(engine, key))
    for (const call of [
      () => byKey.sessions.list(),
      () => byKey.accounts.me(),
      () => byKey.accounts.logOut(),
      () => engine.sessions.list(),
    ])
      expect(await errorOf(call())).toMatchObject({ code: 'not_logged_in' })
  })
})

it('tries are counted together, whatever process of the database looks at them', async () => {
  const url = await newDatabase()
  const settings = { passwordCost: 4 }
  const [one, other] = await Promise.all([0, 1].map(() => createWorld({ storage: postgres(url), agentMode: 'manual', settings })))
  if (!one || !other) throw new Error('there are two engines')
  onTestFinished(async () => void (await Promise.all([one.engine.stop(), other.engine.stop()])))
  const { email } = await setUp(one.engine)
  const guess = ({ engine }: typeof one) => errorOf(engine.accounts.logIn({ email, password: otherPassword }, from('203.0.113.1')))
  const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => guess(at % 2 === 0 ? one : other)))
  expect(answers.filter(({ code }) => code === 'login_refused')).toHaveLength(5)
  expect(answers.filter(({ code }) => code === 'too_many_attempts')).toHaveLength(7)
})

/** `goodPassword` with a cost of 2. */
const weakerHash = '$scrypt$ln=2,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$Jiyw9dwNy93Do3r3kDvvcTolXNjGbkSjD63h8doDXL8'
