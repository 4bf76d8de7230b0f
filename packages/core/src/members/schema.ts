import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const Role = z.enum(['viewer', 'reviewer', 'operator', 'admin', 'owner'])
export const MemberStatus = z.enum(['active', 'disabled', 'removed'])
export type MemberStatus = z.infer<typeof MemberStatus>

export const Rights = z
  .object({
    refused: z
      .record(z.string(), Role.or(z.literal('none')))
      .describe(
        'The operations that you may call about nothing in this company, by name, each with the least role that may; `none` where no role in one company is enough. All others may still be refused for what they are about.',
      ),
  })
  .meta({ id: 'Rights' })

export const Member = z
  .object({
    id: Id,
    companyId: Id,
    userId: Id.describe('The person, who may be a member of several companies.'),
    agentId: Id.describe('The agent that stands for this person where tasks are assigned.'),
    name: z.string().describe('How the person is called in this company.'),
    email: z.string().nullable(),
    role: Role,
    status: MemberStatus,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

/** A key that somebody made for an agent before they were removed. */
export const KeyLeft = z.object({ id: Id, agentId: Id.nullable(), name: z.string(), prefix: z.string() })
export type KeyLeft = z.infer<typeof KeyLeft>

export const RemovedMember = Member.extend({
  keysLeft: z
    .array(KeyLeft)
    .describe('Keys that they made for agents, 100 at most. They go on working; revoke those that they may still know.'),
}).meta({ id: 'RemovedMember' })

/** Addresses that differ only in case are the same person's. */
export const Email = z.email().max(320).toLowerCase()
