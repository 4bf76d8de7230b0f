import { z } from 'zod'

import { FailureClass } from '../ports/run-contract.ts'

const about = { adapterType: z.string(), provider: z.string().nullable() }

export const breakerEvents = {
  /** Nothing starts there until then; told again when that is later than was said, and when a probe brought nothing. */
  'breaker.opened': z.object({
    ...about,
    class: FailureClass.nullable(),
    reason: z.string().nullable(),
    failures: z.number(),
    until: z.string().nullable(),
  }),
  /** One run tries whether it works again. */
  'breaker.probed': z.object({ ...about, runId: z.string() }),
  /** It works again, by its probe, or somebody says so. */
  'breaker.closed': z.object({ ...about, by: z.enum(['probe', 'hand']) }),
}
