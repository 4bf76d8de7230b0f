import { z } from 'zod'

import { findCompany } from '../companies/sql.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import { command, type CommandContext, type PrepareContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { deletedName, Forgotten } from '../members/forget.ts'
import type { KeyLeft } from '../members/schema.ts'
import { hasOwnerBeside } from '../members/sql.ts'
import { endSessions, loggedIn } from '../sessions/life.ts'
import { checkPassword } from './check.ts'
import { logAccount, onceOnly } from './log.ts'
import { assertNotLast, requireAccount } from './owners.ts'
import { DeletedAccount, PasswordInput } from './schema.ts'
import {
  deleteAccount,
  findAccount,
  findMemberships,
  findOwners,
  forgetLinksOf,
  forgetPerson,
  lockOwners,
  type KnownAccount,
  type Membership,
} from './sql.ts'

const what =
  'Sessions and personal keys end, memberships too. What they wrote stays, under the name "Deleted person"; logs of companies stay as they are. It can not be undone.'

export const deleteOwn = command({
  title: 'Delete your own account',
  description: what,
  input: z.strictObject({ password: PasswordInput }),
  output: DeletedAccount,
  access: { scope: 'accounts:own', company: 'installation' },
  http: ['POST', '/accounts/delete-own'],
  session: 'ends',
  ...onceOnly,
  async prepare(context, { password }) {
    const { userId } = loggedIn(context)
    // A stolen session does not take the account away.
    const known = await findAccount(context.db, userId)
    await checkPassword(context, { email: known?.email ?? '', password })
    return leaveCompanies(context, userId)
  },
  handle: (context, _input, keysLeft) => forgetAccount(context, loggedIn(context).userId, keysLeft),
})

export const deleteSomebodys = command({
  title: 'Delete the account of somebody',
  description: what,
  input: z.strictObject({ userId: Id }),
  output: DeletedAccount,
  access: { scope: 'accounts:govern', company: 'installation' },
  http: ['POST', '/accounts/:userId/delete'],
  ...onceOnly,
  prepare: (context, { userId }) => leaveCompanies(context, userId),
  handle: (context, { userId }, keysLeft) => forgetAccount(context, userId, keysLeft),
})

/**
 * Ends all memberships, each in a transaction of its company, whose log tells of it. Cut off in the middle, the account is still
 * there, and deleting it again goes on. @throws before anything is changed, when a company or the installation would have no owner
 */
async function leaveCompanies(context: PrepareContext, userId: string): Promise<KeyLeft[]> {
  const account = await findAccount(context.db, userId)
  if (!account) throw notFound('account', userId)
  assertNotLast(await findOwners(context.db), account)
  const memberships = await findMemberships(context.db, userId)
  for (const membership of memberships) await assertNotAlone(context, account, membership)
  const keysLeft: KeyLeft[] = []
  for (const { id: memberId } of memberships)
    keysLeft.push(...Forgotten.parse(await context.performFor('members.forget', { memberId })).keysLeft)
  return keysLeft
}

/** @throws `rule_violated` for the last owner of a company that goes on */
async function assertNotAlone({ db }: PrepareContext, { name }: KnownAccount, membership: Membership): Promise<void> {
  const { id: memberId, company_id: companyId, role, status } = membership
  if (role !== 'owner' || status !== 'active' || (await hasOwnerBeside(db, { companyId, memberId }))) return
  const company = await findCompany(db, companyId)
  if (!company || company.status === 'archived') return
  const message = `${name} is the last active owner of the company ${company.name}. Make somebody else an owner there first.`
  throw ruleViolated(message, { companyId, memberId })
}

async function forgetAccount(context: CommandContext, userId: string, keysLeft: KeyLeft[]): Promise<DeletedAccount> {
  const { tx, now } = context
  const owners = await lockOwners(tx)
  const account = await requireAccount(context, userId)
  assertNotLast(owners, account)
  // Whoever joins a company refers to this row, so from here on nobody does.
  await forgetPerson(tx, { userId, name: deletedName, now })
  if ((await findMemberships(tx, userId)).some(({ status }) => status !== 'removed')) throw changedMeanwhile('account', userId)
  await endSessions(context, userId, { reason: 'account_deleted', which: () => true })
  await forgetLinksOf(tx, userId)
  if (!(await deleteAccount(tx, account))) throw changedMeanwhile('account', userId)
  await logAccount(context, 'account.deleted', { userId })
  return { userId, keysLeft }
}
