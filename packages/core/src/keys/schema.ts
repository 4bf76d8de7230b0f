import { z } from 'zod'

import { Author } from '../kernel/author.ts'
import { permissions, type Scope } from '../kernel/permissions.ts'
import { Id, IsoTime, Name, TimeInput } from '../kernel/schema.ts'

// Object.keys forgets literal keys.
const scopeNames = Object.keys(permissions) as Scope[]
const ScopeName = z.enum(scopeNames)

export const Key = z
  .object({
    id: Id,
    companyId: Id,
    kind: z.enum(['user', 'agent']),
    memberId: Id.nullable().describe('Whom a key of the kind user acts for.'),
    agentId: Id.nullable().describe('Whom a key of the kind agent acts for.'),
    name: z.string(),
    prefix: z.string().describe('The first 12 characters, to tell keys apart.'),
    scopes: z.array(ScopeName).nullable().describe('What it is limited to; null for all that its holder may.'),
    expiresAt: IsoTime.nullable(),
    revokedAt: IsoTime.nullable(),
    lastUsedAt: IsoTime.nullable().describe('To the minute.'),
    createdBy: Author,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Key' })
export type Key = z.infer<typeof Key>

/** A run that goes on with a credential which somebody got by a key. */
const RunLeft = z.object({ id: Id, taskId: Id, status: z.enum(['running', 'waiting']) })

export const RevokedKey = z
  .object({
    ...Key.shape,
    runsLeft: z
      .array(RunLeft)
      .describe('Live runs that its agent began with a key, this one or another: each has a credential of its own, which goes on.'),
  })
  .meta({ id: 'RevokedKey' })
export type RevokedKey = z.infer<typeof RevokedKey>

const ShownOnce = z.string().describe('The key itself. It is shown here and never again.')

export const NewKey = z.object({ ...Key.shape, key: ShownOnce }).meta({ id: 'NewKey' })
export type NewKey = z.infer<typeof NewKey>

export const KeyInput = {
  name: Name,
  scopes: z
    .array(ScopeName)
    .min(1)
    .max(scopeNames.length)
    .optional()
    .describe('What it is limited to, of what its holder may. Left out, it is limited as the key is that makes it.'),
  expiresAt: TimeInput.nullable().optional().describe('From when on it is worth nothing; null or left out for never.'),
}
