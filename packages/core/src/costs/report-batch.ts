import type { z } from 'zod'

import type { Batch, BatchCall, OpenLog } from '../kernel/batch.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import type { CostReport, ReportedCost } from './input.ts'
import { recordCosts } from './record.ts'
import { createEntries, type Wish } from './report.ts'
import { toCostEvent } from './table.ts'

type Input = CostReport & { companyId: string }
type Output = z.output<typeof ReportedCost>
type Call = BatchCall<Input>

/** Why a cost is also recorded where nothing else is created any more: a bill may come late, and truth goes before limits. */
export const whenArchived = 'what was spent there has to be counted, however late its bill comes'

/**
 * Costs that one reporter tells of at the same time, as one transaction: the budgets of a company are locked once for all of them. What
 * is refused, or was told before, is left to the handler.
 */
export const reportBatch: Batch<Input, Output> = {
  // What an agent reports is held against whose task it is, under the lock of the company.
  key: ({ companyId }, { kind, id }) => (kind === 'system' || kind === 'user' ? `${companyId} ${kind} ${id}` : null),
  async run(context, calls) {
    const companyId = calls[0]?.input.companyId ?? ''
    return context.asOne({ name: 'costs.report', companyId, calls, whenArchived }, (contexts, log) => reportTogether(contexts, calls, log))
  },
}

async function reportTogether(contexts: readonly CommandContext[], calls: readonly Call[], log: OpenLog): Promise<(Output | null)[]> {
  const [context] = contexts
  if (!context) return []
  const wishes = await wishesOf(context, calls)
  const entries = wishes.flatMap((wish) => (wish ? [wish.entry] : []))
  const own = new Map(wishes.flatMap((wish, place) => (wish && contexts[place] ? [[wish.entry, contexts[place]]] : [])))
  const recorded = await recordCosts(context, entries, { contexts: own, isCharging: true, log })
  const fresh = new Map(recorded.flatMap(({ isNew, row }, index) => (isNew && entries[index] ? [[entries[index], row]] : [])))
  return wishes.map((wish) => {
    const row = wish && fresh.get(wish.entry)
    return row ? { ...toCostEvent(row), isRepeat: false } : null
  })
}

/** What is told of in the calls that are allowed, and that nothing refuses. */
async function wishesOf(context: CommandContext, calls: readonly Call[]): Promise<(Wish | null)[]> {
  const reports = calls.map(({ input: { companyId, ...report }, companies }) =>
    companies === 'all' || companies.includes(companyId) ? report : null,
  )
  // What is of another company is refused by the database, for all of them; then each is handled alone, and told why.
  const toEntry = await createEntries(context, null)
  const wishes: (Wish | null)[] = []
  for (const report of reports) wishes.push(report && (await toEntry(report).catch(unlessOurs)))
  return wishes
}

/** What refuses one has written nothing yet, so the others go on. */
function unlessOurs(error: unknown): null {
  if (EngineError.isInstance(error)) return null
  throw error
}
