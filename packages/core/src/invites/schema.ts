import { z } from 'zod'

import { Credential } from '../accounts/schema.ts'
import { Author } from '../kernel/author.ts'
import { Id, IsoTime } from '../kernel/schema.ts'
import { Member, Role } from '../members/schema.ts'

/** What an invitation was last told to be; that its time has passed is seen by its date. */
export const StoredInviteStatus = z.enum(['pending', 'accepted', 'revoked'])
export type StoredInviteStatus = z.infer<typeof StoredInviteStatus>
export const InviteStatus = z.enum([...StoredInviteStatus.options, 'expired'])

export const Invite = z
  .object({
    id: Id,
    companyId: Id,
    email: z.string().nullable().describe('Whom it is for; null for whoever has its token.'),
    role: Role,
    status: InviteStatus,
    invitedBy: Author,
    memberId: Id.nullable().describe('Who came of it.'),
    expiresAt: IsoTime,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>

export const NewInvite = z
  .object({ ...Invite.shape, key: z.string().describe('The token to accept it with. It is shown here and never again.') })
  .meta({ id: 'NewInvite' })

export const Accepted = z
  .object({
    member: Member,
    key: z.string().describe('A personal key for this company. It is shown here and never again.'),
    credential: Credential.optional(),
  })
  .meta({ id: 'Accepted' })
