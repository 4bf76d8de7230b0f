import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { beginSession, endSessions } from '../sessions/life.ts'
import { toSession } from '../sessions/table.ts'
import { logAccount } from './log.ts'
import type { LoggedIn, Person } from './schema.ts'
import { findAccount, findMemberships, forgetLinksOf, insertAccount, updateAccount, type KnownAccount } from './sql.ts'
import type { AccountTable } from './table.ts'
import type { Kysely } from 'kysely'
import type { Database } from '../database/tables.ts'

interface NewAccount {
  readonly userId: string
  readonly password: string
  readonly role: AccountTable['role']
}

export async function addAccount(context: CommandContext, { userId, password, role }: NewAccount): Promise<void> {
  const times = { created_at: context.now, updated_at: context.now }
  await insertAccount(context.tx, { user_id: userId, password, role, version: 1, ...times })
  await logAccount(context, 'account.created', { userId, data: { role } })
}

/** Writes changes to an account that was read before; what opens it by another way than the new password is over. */
export async function changeAccount(context: CommandContext, account: AccountTable, changes: Partial<AccountTable>): Promise<void> {
  if (!(await updateAccount(context.tx, account, { ...changes, updated_at: context.now })))
    throw changedMeanwhile('account', account.user_id)
}

/** Gives an account a new password: sessions and links of before are over, but for the session `keeps`. */
export async function changePasswordOf(
  context: CommandContext,
  account: AccountTable,
  { keeps, ...changes }: { password: string; role?: AccountTable['role']; keeps: string | null },
): Promise<void> {
  const userId = account.user_id
  await changeAccount(context, account, changes)
  await forgetLinksOf(context.tx, userId)
  await logAccount(context, 'password.changed', { userId })
  await endSessions(context, userId, { reason: 'password_changed', which: ({ id }) => id !== keeps })
}

/** Begins a session and says who is logged in now. */
export async function enter(context: CommandContext, userId: string): Promise<LoggedIn> {
  const { row, credential } = await beginSession(context, userId)
  return { person: await showPerson(context.tx, userId), session: toSession(row, row.id), credential }
}

/** @throws `not_found` for somebody without an account */
export async function showPerson(db: Kysely<Database>, userId: string): Promise<Person> {
  const account = await findAccount(db, userId)
  if (!account) throw notFound('account', userId)
  return toPerson(account, await findMemberships(db, userId))
}

function toPerson(account: KnownAccount, memberships: Awaited<ReturnType<typeof findMemberships>>): Person {
  const active = memberships.filter(({ status }) => status === 'active')
  return {
    userId: account.user_id,
    name: account.name,
    email: account.email,
    role: account.role,
    memberships: active.map(({ company_id: companyId, role }) => ({ companyId, role })),
  }
}
