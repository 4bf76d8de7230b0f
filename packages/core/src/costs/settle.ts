import { z } from 'zod'

import { postHold } from '../budgets/holds.ts'
import { lockHold } from '../budgets/sql.ts'
import type { BudgetHoldTable } from '../budgets/table.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { requireRun } from '../runs/end.ts'
import { Usage } from '../runs/schema.ts'
import { bookUsage, recordUsage } from '../runs/usage.ts'
import { amountsOf } from './charge.ts'

const Rest = z.number().int().nullable()

export const settle = command({
  title: 'Say what a run has used, while it runs',
  description:
    'With a hold of a call, that hold ends: once, however often it is said; provider and model are those that it was taken for, where the usage names none. What nobody knows the price of counts as all that was held for it, and `isPriced` says so. With the hold of the run, it is drawn from that, and the answer says what is left. It counts as usage of the run; do not report it again at the end.',
  input: z.strictObject({
    runId: Id,
    holdId: Id.optional(),
    sequence: z.number().int().min(1).optional().describe('Which reading of the run it is, so that one that is said again counts once.'),
    isResumed: z.boolean().default(false).describe('Whether it goes on from the session of the run before it; see `cumulative`.'),
    usage: Usage,
  }),
  output: z.object({
    costMicros: z.number().int(),
    isPriced: z.boolean().describe('False when nobody knows what it costs; then it counts as what was held for its call, or as nothing.'),
    restMicros: Rest.describe('What is left of the hold of the run; null when nothing limits it.'),
    restTokens: Rest,
  }),
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/settle'],
  whenArchived: 'what was spent there has to be counted',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    const hold = input.holdId === undefined ? null : await requireHold(context, { id: input.holdId, runId: run.id })
    if (hold?.kind === 'call' && (hold.status === 'posted' || hold.status === 'released')) {
      context.unchanged()
      return { costMicros: hold.cost_micros ?? 0, isPriced: true, restMicros: null, restTokens: null }
    }
    const sequence = input.sequence ?? (hold?.kind === 'call' ? `hold ${hold.id}` : context.newId())
    const { rows, isPriced } = await recordUsage(context, run, {
      usages: [{ ...ofCall(input.usage, hold), sequence }],
      fence: run.fence ?? 0,
      isResumed: input.isResumed,
      // Of a call whose price is not known any more, what was held for it stands for what it did cost.
      whenUnpriced: (hold?.kind === 'call' && hold.cost_micros) || 0,
    })
    if (rows.length === 0) context.unchanged()
    const rest = hold?.kind === 'call' ? await postHold(context, hold.id, amountsOf(rows)) : await bookUsage(context, run, rows)
    const costMicros = rows.reduce((sum, row) => sum + row.cost_micros, 0)
    return { costMicros, isPriced, restMicros: rest?.costMicros ?? null, restTokens: rest?.tokens ?? null }
  },
})

/** What a usage does not name is what its hold was taken for. Pure. */
function ofCall(usage: z.output<typeof Usage>, hold: BudgetHoldTable | null): z.output<typeof Usage> {
  if (!hold?.provider || !hold.model) return usage
  const provider = usage.provider || hold.provider
  const model = usage.model || (provider === hold.provider ? hold.model : undefined)
  return { ...usage, provider, ...(model !== undefined && { model }) }
}

async function requireHold(context: CommandContext, given: { id: string; runId: string }): Promise<BudgetHoldTable> {
  const hold = await lockHold(context.tx, { companyId: context.companyId, id: given.id })
  if (hold?.run_id !== given.runId) throw notFound('hold', given.id)
  return hold
}
