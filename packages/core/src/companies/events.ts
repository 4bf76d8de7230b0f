import { z } from 'zod'

import { CompanyStatus } from './schema.ts'

export const companyEvents = {
  'company.created': z.object({ name: z.string(), taskPrefix: z.string() }),
  /** `reason` is there when it followed from something else, such as `agent_terminated`. */
  'company.updated': z.object({ changed: z.array(z.string()), reason: z.string().optional() }),
  'company.status_changed': z.object({ from: CompanyStatus, to: CompanyStatus, reason: z.string().nullable() }),
  'company.strategy_approved': z.object({ approvalId: z.string() }),
}
