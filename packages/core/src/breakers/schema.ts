import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
import { FailureClass } from '../ports/run-contract.ts'

export const BreakerStatus = z.enum(['closed', 'open', 'half_open'])
export type BreakerStatus = z.infer<typeof BreakerStatus>

export const Breaker = z
  .object({
    id: Id,
    companyId: Id,
    adapterType: z.string(),
    provider: z.string().nullable().describe('Whom the adapter depends on, where its configuration names one.'),
    status: BreakerStatus.describe('open: nothing starts until `until`; half_open: one run tries whether it works again.'),
    failures: z.number().int().describe('How often in a row it did not work.'),
    failureClass: FailureClass.nullable(),
    reason: z.string().nullable().describe('What the provider said last.'),
    openedAt: IsoTime.nullable().describe('Since when it does not work.'),
    until: IsoTime.nullable().describe('From then on one run tries, or, when one does already, one more.'),
    probeRunId: Id.nullable().describe('The run that tries now.'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Breaker' })
export type Breaker = z.infer<typeof Breaker>
