import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { leastRole, mayEverIn } from '../kernel/authorize.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Member, MemberStatus, Rights, Role } from './schema.ts'
import { findOwnMembership } from './sql.ts'
import { toMember } from './table.ts'

export const get = query({
  title: 'Show a member',
  input: z.strictObject({ memberId: Id }),
  output: Member,
  access: { scope: 'members:read', company: 'member' },
  http: ['GET', '/members/:memberId'],
  handle: (context, input) => showMember(context, input.memberId),
})

export const getOwn = query({
  title: 'Show who you are in a company',
  input: z.strictObject({ companyId: Id }),
  output: Member,
  access: { scope: 'members:own', company: 'company' },
  http: ['GET', '/companies/:companyId/members/own'],
  async handle(context) {
    const own = await findOwnMembership(context.db, context)
    if (!own) throw notFound('member', context.actor.id)
    return showMember(context, own.id)
  },
})

export const rights = query({
  title: 'Show what you may not do in a company',
  description: 'For what offers people things to do: only what is not in the answer.',
  input: z.strictObject({ companyId: Id }),
  output: Rights,
  access: { scope: 'companies:read', company: 'company' },
  http: ['GET', '/companies/:companyId/members/own/rights'],
  mcp: { leftOut: 'tools that somebody may never use are not listed for them' },
  handle(context) {
    const offered = context.operations.filter(({ definition }) => definition.http !== undefined)
    const refused = offered.filter(({ definition }) => !mayEverIn(context, definition.access))
    return Promise.resolve({ refused: Object.fromEntries(refused.map(({ name, definition }) => [name, leastRole(definition.access)])) })
  },
})

export const list = query({
  title: 'List the members of a company',
  input: z.strictObject({ companyId: Id, role: Role.optional(), status: MemberStatus.optional(), ...pageInput }),
  output: pageOf(Member),
  access: { scope: 'members:read', company: 'company' },
  http: ['GET', '/companies/:companyId/members'],
  async handle(context, input) {
    let rows = memberRows(context)
    if (input.role) rows = rows.where('members.role', '=', input.role)
    if (input.status) rows = rows.where('members.status', '=', input.status)
    return pageById(rows, input, { column: 'members.id', item: toMember })
  },
})

async function showMember(context: QueryContext, memberId: string): Promise<Member> {
  const row = await memberRows(context).where('members.id', '=', memberId).executeTakeFirst()
  if (!row) throw notFound('member', memberId)
  return toMember(row)
}

function memberRows(context: QueryContext) {
  return context.db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .selectAll('members')
    .select('users.email')
    .where('members.company_id', '=', context.companyId)
}
