import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { changeAccount } from './change.ts'
import { lockUser } from '../members/sql.ts'
import { endLinksOf } from './links.ts'
import { logAccount, ofAccounts } from './log.ts'
import { Account } from './schema.ts'
import { findAccount, lockOwners, type KnownAccount } from './sql.ts'
import { toAccount, type AccountTable } from './table.ts'

const owned = {
  input: z.strictObject({ userId: Id }),
  output: Account,
  access: { scope: 'accounts:govern', company: 'installation' },
  ...ofAccounts,
  mcp: { leftOut: 'it is for people, about who is above all companies' },
} as const

export const giveOwnership = command({
  ...owned,
  title: 'Make somebody who has an account an owner of the installation',
  description: 'They own every company and may found new ones, from their next call on.',
  http: ['POST', '/accounts/:userId/give-ownership'],
  handle: (context, { userId }) => setRole(context, userId, 'owner'),
})

export const takeOwnership = command({
  ...owned,
  title: 'Make an owner of the installation somebody with the rights of their memberships alone',
  description: 'Yourself too. The last one stays.',
  http: ['POST', '/accounts/:userId/take-ownership'],
  handle: (context, { userId }) => setRole(context, userId, null),
})

async function setRole(context: CommandContext, userId: string, role: AccountTable['role']): Promise<Account> {
  const owners = await lockOwners(context.tx)
  const account = await requireAccount(context, userId)
  if (role === null) assertNotLast(owners, account)
  if (account.role !== role) {
    if (role !== null) await lockUser(context.tx, userId)
    await changeAccount(context, account, { role })
    if (role !== null) await endLinksOf(context, userId)
    await logAccount(context, 'account.role_changed', { userId, data: { from: account.role, to: role } })
  }
  return toAccount(await requireAccount(context, userId))
}

/** @throws `not_found` */
export async function requireAccount({ tx }: Pick<CommandContext, 'tx'>, userId: string): Promise<KnownAccount> {
  const account = await findAccount(tx, userId)
  if (!account) throw notFound('account', userId)
  return account
}

/** An installation that has an owner keeps one. @throws `rule_violated` */
export function assertNotLast(owners: readonly string[], { user_id: userId, name }: KnownAccount): void {
  if (!owners.includes(userId) || owners.length > 1) return
  throw ruleViolated(`${name} is the last owner of this installation. Give its ownership to somebody else first.`, { userId })
}
