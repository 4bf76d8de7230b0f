import { z } from 'zod'

import { CompanyStatus } from './schema.ts'

export const companyEvents = {
  'company.created': z.object({ name: z.string(), taskPrefix: z.string() }),
  /** `reason` is there when it followed from something else, such as `agent_terminated`. */
  'company.updated': z.object({ changed: z.array(z.string()), reason: z.string().optional() }),
  'company.status_changed': z.object({ from: CompanyStatus, to: CompanyStatus, reason: z.string().nullable() }),
  /** `counts`: how many things of each kind were made or changed. */
  'company.imported': z.object({ hash: z.string(), isNew: z.boolean(), counts: z.record(z.string(), z.number()) }),
  'company.strategy_approved': z.object({ approvalId: z.string() }),
}
