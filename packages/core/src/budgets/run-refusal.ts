import { z } from 'zod'

import type { EngineError } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'

/** Why a budget did not let a run start. */
export const RunRefusal = z.strictObject({
  code: z.string(),
  message: z.string(),
  budgetId: Id.optional(),
  needed: z.number().int().optional().describe('What would have had to be free, in units of the budget.'),
})
export type RunRefusal = z.output<typeof RunRefusal>

/** What a refusal says that decides whether it is of use to wait. Pure. */
export function runRefusalOf({ code, message, details }: EngineError): RunRefusal {
  const { budgetId, needed } = details
  return { code, message, ...(typeof budgetId === 'string' && { budgetId }), ...(typeof needed === 'number' && { needed }) }
}
