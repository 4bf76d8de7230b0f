import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256: 64 lower-case hexadecimal digits')
const Count = z.number().int()

export const Seal = z
  .object({
    companyId: Id,
    number: Count.describe('1, 2, 3 … without a gap.'),
    firstSeq: Count,
    lastSeq: Count,
    count: Count.describe("How many of the company's events it covers."),
    previousSeal: Hash.describe('The seal before; 64 zeros for the first.'),
    seal: Hash.describe('SHA-256 of the seal before and the canonical JSON of the events.'),
    epoch: Count,
    sealedAt: IsoTime,
  })
  .meta({ id: 'Seal' })
export type Seal = z.infer<typeof Seal>

const Unsealed = z.object({
  events: Count.describe('How many events are not sealed yet.'),
  since: IsoTime.nullable().describe('When the oldest of them happened.'),
})

export const AuditStatus = z.object({ companyId: Id, newestSeal: Seal.nullable(), unsealed: Unsealed }).meta({ id: 'AuditStatus' })

/** What may be wrong with a sealed log. */
export const AuditProblemKind = z.enum([
  'events_deleted',
  'events_inserted',
  'events_edited',
  'events_reordered',
  'event_redated',
  'seal_missing',
  'seal_doubled',
  'seal_edited',
  'batch_resealed',
  'log_truncated',
  'log_rewritten',
])
export type AuditProblemKind = z.infer<typeof AuditProblemKind>

export const AuditProblem = z
  .object({
    kind: AuditProblemKind,
    number: Count.describe('The batch, by the number of its seal.'),
    firstSeq: Count.nullable(),
    lastSeq: Count.nullable(),
    message: z.string(),
  })
  .meta({ id: 'AuditProblem' })
export type AuditProblem = z.infer<typeof AuditProblem>

/** What is compared of an anchor. */
export const AnchorClaim = z.object({ number: Count.min(1), lastSeq: Count.min(1), seal: Hash })
export type AnchorClaim = z.infer<typeof AnchorClaim>

export const AuditVerification = z
  .object({
    companyId: Id,
    isSound: z.boolean(),
    batches: Count.describe('How many batches were computed anew.'),
    events: Count.describe('How many events those hold.'),
    anchors: Count.describe('How many anchors agree with the seals.'),
    problems: z.array(AuditProblem).describe('The first batch that is wrong, and the first anchor that the seals contradict.'),
    nextFrom: Count.nullable().describe('Where to go on after `limit` batches; null when nothing is left.'),
    unsealed: Unsealed,
  })
  .meta({ id: 'AuditVerification' })
export type AuditVerification = z.infer<typeof AuditVerification>
