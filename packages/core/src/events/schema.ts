import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const Event = z
  .object({
    id: Id,
    seq: z.number().int(),
    companyId: Id,
    type: z.string(),
    actor: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string(), runId: Id.nullable() }),
    entity: z.object({ type: z.string(), id: Id, version: z.number().int() }),
    data: z.record(z.string(), z.unknown()),
    requestId: z.string().nullable(),
    at: IsoTime,
  })
  .meta({ id: 'Event' })
