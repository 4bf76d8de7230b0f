import { z } from 'zod'

import type { AnyEvent } from '../kernel/events.ts'
import { Id, IsoTime } from '../kernel/schema.ts'

const shape = z
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

/** An event of any type; whoever looks at no type in particular reads its data by name. */
type ListedEvent = AnyEvent & { readonly data: Readonly<Record<string, unknown>> }

/** An event as lists have it. The log holds only what `emit` took, so type, entity and data belong together as those of AnyEvent do. */
export const Event = shape as z.ZodType<unknown> as z.ZodType<ListedEvent>
