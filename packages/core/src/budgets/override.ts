import { z } from 'zod'

import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { raiseLimit } from './limit.ts'
import { resolveIncident } from './resolve.ts'
import { findBudget } from './sql.ts'
import type { BudgetTable } from './table.ts'

const Payload = z.looseObject({ budgetId: z.string(), proposedLimit: z.number() })

/** Raises the limit that a request is about: to what is said, or to what was proposed. */
export async function approveOverride(context: CommandContext, payload: string, limit: number | undefined): Promise<void> {
  const { budgetId, proposedLimit } = Payload.parse(JSON.parse(payload))
  const budget = await findBudget(context.tx, budgetId)
  if (!budget) throw ruleViolated('This budget was removed; there is nothing to raise.', { budgetId })
  await raiseLimit(context, budget, limit ?? proposedLimit)
}

/** Leaves work stopped, for this period or until the limit is raised. */
export async function keepPaused(context: CommandContext, payload: string): Promise<void> {
  const budget: BudgetTable | null = await findBudget(context.tx, Payload.parse(JSON.parse(payload)).budgetId)
  if (budget) await resolveIncident(context, budget, 'kept_paused')
}
