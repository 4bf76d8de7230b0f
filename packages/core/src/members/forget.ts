import { z } from 'zod'

import { findCompany } from '../companies/sql.ts'
import { command } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { renameHuman } from './human.ts'
import { changeMember, memberRef } from './join.ts'
import { endMembership, requireMember } from './leave.ts'
import { KeyLeft } from './schema.ts'

/** How somebody is called whose account was deleted, wherever they wrote something. */
export const deletedName = 'Deleted person'

export const Forgotten = z.object({ keysLeft: z.array(KeyLeft) })

export const forget = command({
  title: 'End the membership of somebody whose account is deleted, and take their name away',
  input: z.strictObject({ memberId: Id }),
  output: Forgotten,
  access: { scope: 'engine:internal', company: 'member' },
  whenArchived: 'whoever goes has no name in an archived company either',
  async handle(context, { memberId }) {
    const member = await requireMember(context, memberId)
    // Named before what is written as they go, which would say the name once more.
    const named = await changeMember(context, member, { name: deletedName })
    context.emit('member.updated', memberRef(named), { changed: ['name'], role: named.role })
    await renameHuman(context, named, deletedName)
    if (named.status === 'removed') return { keysLeft: [] }
    const isArchived = (await findCompany(context.tx, context.companyId))?.status === 'archived'
    const { keysLeft } = await endMembership(context, named, { reason: 'account_deleted', mayBeLast: isArchived })
    return { keysLeft }
  },
})
