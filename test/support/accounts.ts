import { systemActor, type Caller, type Engine, type UserActor } from '@engine/core'

export const goodPassword = 'correct horse battery'
export const otherPassword = 'staple anchor lantern'

/** Passwords cost next to nothing in tests that are not about what they cost. */
export const quickPasswords = { passwordCost: 4 }

export const from = (address: string): { caller: Caller } => ({ caller: { address, userAgent: 'a browser' } })

/** The token by which a server without an owner is set up; null where there is one. */
export async function openSetup(engine: Engine): Promise<string | null> {
  // The registry's answer to accounts.openSetup.
  const { link } = (await engine.execute('accounts.openSetup', { input: {}, actor: systemActor })) as { link: { key: string } | null }
  return link?.key ?? null
}

/** An installation with an owner, Ada, who is logged in. */
export async function setUp(engine: Engine, given: { email?: string; password?: string } = {}) {
  const { email = 'ada@example.com', password = goodPassword } = given
  const token = (await openSetup(engine)) ?? ''
  const { credential = '', ...rest } = await engine.accounts.setUp({ token, name: 'Ada Lovelace', email, password })
  return { ...rest, email, credential }
}

/** Whoever is logged in by the token of a session. */
export async function actorOf(engine: Engine, credential: string | undefined): Promise<UserActor> {
  const actor = await engine.authenticate(credential ?? '')
  if (actor?.kind !== 'user') throw new Error('nobody is logged in by this token')
  return actor
}

/** A member of a company who accepted an invitation to their address with a password. */
export async function inviteWithPassword(
  engine: Engine,
  given: { companyId: string; email: string; role?: 'viewer' | 'operator' | 'admin' | 'owner'; password?: string },
) {
  const { companyId, email, role = 'operator', password = goodPassword } = given
  const { key: token } = await engine.invites.create({ companyId, role, email })
  return engine.invites.accept({ token, name: 'Kim', email, password })
}
