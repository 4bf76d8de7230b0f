import { randomUUID } from 'node:crypto'

import type { Actor, Engine } from '@engine/core'

import { actorOf, goodPassword, openSetup } from '../../../support/accounts.ts'
import type { Prepare, PrepareOwn } from './call.ts'

/** What somebody gets in by. The first account is made once in a database, and asked for again by whoever needs one. */
export const accountInputs: Readonly<Record<string, Prepare>> = {
  'accounts.setUp': async ({ engine }) => ({
    token: (await openSetup(engine)) ?? '',
    name: 'Ada',
    email: 'ada@example.com',
    password: goodPassword,
  }),
  'accounts.logIn': async ({ engine }) => ({ email: await anOwner(engine), password: goodPassword }),
  'accounts.setPassword': async ({ engine }) => ({
    token: (await engine.accounts.createLink({ email: await anOwner(engine) })).key,
    password: goodPassword,
  }),
  'accounts.createLink': async ({ engine }) => ({ email: await anOwner(engine) }),
  'accounts.giveOwnership': async ({ engine }) => ({ userId: (await anotherAccount(engine)).userId }),
  'accounts.takeOwnership': async ({ engine }) => {
    const { userId } = await anotherAccount(engine)
    await engine.accounts.giveOwnership({ userId })
    return { userId }
  },
  'accounts.delete': async ({ engine }) => ({ userId: (await anotherAccount(engine)).userId }),
  'members.forget': async ({ engine, companyId }) => ({ memberId: await newMember(engine, companyId) }),
  'accounts.openSetup': async () => ({}),
  'accounts.countAttempt': async () => ({ email: 'ada@example.com', address: '203.0.113.1' }),
  'accounts.recordFailure': async () => ({ userId: null, address: '203.0.113.1', userAgent: null }),
  'members.revokeSessions': async ({ engine, companyId }) => ({ memberId: await newMember(engine, companyId) }),
  'members.createPasswordLink': async ({ engine, companyId }) => ({ memberId: await newMember(engine, companyId) }),
}

/** The same by who is logged in. */
export const sessionInputs: Readonly<Record<string, PrepareOwn>> = {
  'accounts.logOut': async ({ engine }) => ({ actor: await loggedIn(engine), input: {} }),
  'accounts.changePassword': async ({ engine }) => ({
    actor: await loggedIn(engine),
    input: { currentPassword: goodPassword, newPassword: goodPassword },
  }),
  'accounts.deleteOwn': async ({ engine }) => {
    const { email } = await anotherAccount(engine)
    const { credential } = await engine.accounts.logIn({ email, password: goodPassword })
    return { actor: await actorOf(engine, credential), input: { password: goodPassword } }
  },
  'sessions.revoke': async ({ engine }) => {
    const actor = await loggedIn(engine)
    const { session } = await engine.accounts.logIn({ email: await anOwner(engine), password: goodPassword })
    return { actor, input: { sessionId: session.id } }
  },
  'sessions.revokeOthers': async ({ engine }) => {
    const actor = await loggedIn(engine)
    await engine.accounts.logIn({ email: await anOwner(engine), password: goodPassword })
    return { actor, input: {} }
  },
}

async function anOwner(engine: Engine): Promise<string> {
  const token = await openSetup(engine)
  const email = 'ada@example.com'
  if (token !== null) await engine.accounts.setUp({ token, name: 'Ada', email, password: goodPassword })
  return email
}

/** Somebody beside the owner of the installation. */
async function anotherAccount(engine: Engine): Promise<{ userId: string; email: string }> {
  await anOwner(engine)
  const { id: companyId } = await engine.companies.create({ name: 'Of accounts' })
  const email = `bea-${randomUUID()}@example.com`
  const { key: token } = await engine.invites.create({ companyId, role: 'viewer', email })
  const { member } = await engine.invites.accept({ token, name: 'Bea', email, password: goodPassword })
  return { userId: member.userId, email }
}

async function loggedIn(engine: Engine): Promise<Actor> {
  const { credential } = await engine.accounts.logIn({ email: await anOwner(engine), password: goodPassword })
  return actorOf(engine, credential)
}

async function newMember(engine: Engine, companyId: string): Promise<string> {
  return (await engine.members.add({ companyId, name: 'Kim', email: 'kim@example.com', role: 'operator' })).id
}
