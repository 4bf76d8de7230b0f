import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { loggedIn } from '../sessions/life.ts'
import { showPerson } from './change.ts'
import { Account, AccountEvent, AccountEventType, Person } from './schema.ts'
import { toAccount, type AccountEventTable } from './table.ts'

export const me = query({
  title: 'Show who you are logged in as, and what you may',
  input: z.strictObject({}),
  output: Person,
  access: { scope: 'accounts:own', company: 'installation' },
  http: ['GET', '/accounts/me'],
  mcp: { leftOut: 'it is for people who are logged in' },
  handle: (context) => showPerson(context.db, loggedIn(context).userId),
})

export const list = query({
  title: 'List who has an account, and who owns the installation',
  input: z.strictObject({ role: z.literal('owner').optional(), ...pageInput }),
  output: pageOf(Account),
  access: { scope: 'accounts:manage', company: 'installation' },
  http: ['GET', '/accounts'],
  async handle({ db }, { role, limit, cursor }) {
    let rows = db
      .selectFrom('accounts')
      .innerJoin('users', 'users.id', 'accounts.user_id')
      .selectAll('accounts')
      .select(['accounts.user_id as id', 'users.name', 'users.email'])
    if (role) rows = rows.where('accounts.role', '=', role)
    return pageById(rows, { limit, cursor }, { column: 'accounts.user_id', item: (row) => toAccount(row) })
  },
})

export const log = query({
  title: 'List what happened to accounts: logins, tries in vain, sessions, passwords',
  description: 'The newest first, of the last year. The logs of companies say what people did there.',
  input: z.strictObject({ userId: Id.optional(), ...pageInput }),
  output: pageOf(AccountEvent),
  access: { scope: 'accounts:manage', company: 'installation' },
  http: ['GET', '/accounts/log'],
  async handle({ db }, { userId, limit, cursor }) {
    let rows = db.selectFrom('account_events').selectAll()
    if (userId) rows = rows.where('user_id', '=', userId)
    return pageById(rows, { limit, cursor }, { isNewestFirst: true, item: toEvent })
  },
})

function toEvent(row: AccountEventTable): z.infer<typeof AccountEvent> {
  return {
    id: row.id,
    type: AccountEventType.parse(row.type),
    userId: row.user_id,
    actor: { kind: row.actor_kind, id: row.actor_id },
    address: row.address,
    userAgent: row.user_agent,
    data: JSON.parse(row.data),
    at: row.at,
  }
}
