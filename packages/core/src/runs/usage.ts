import { z } from 'zod'

import { drawFromHold, type HoldRest } from '../budgets/holds.ts'
import { lockHold, openHolds } from '../budgets/sql.ts'
import { amountsOf, chargeRecorded } from '../costs/charge.ts'
import { chargeConversation, type Counters } from '../costs/cumulative.ts'
import { priceOf } from '../costs/price.ts'
import { isImputed } from '../costs/report.ts'
import { recordCosts, type CostEntry } from '../costs/record.ts'
import { runSource } from '../costs/schema.ts'
import { findOfSource } from '../costs/sql.ts'
import type { CostEventTable } from '../costs/table.ts'
import { modelKey } from '../costs/totals.ts'
import { goalOfTask } from '../goals/fallback.ts'
import type { CommandContext } from '../kernel/command.ts'
import { findTaskOfRun } from '../tasks/sql.ts'
import { mostConsumed, Usage } from './schema.ts'
import { findRun } from './sql.ts'
import type { RunTable } from './table.ts'

/** One of the things that a run says it consumed; the same number again is the same thing said again. */
export const UsageEntry = Usage.extend({ sequence: z.number().int().min(1).describe('1, 2, 3 … since its checkout.') })

interface Told {
  readonly usages: readonly (z.output<typeof Usage> & { readonly sequence: number | string })[]
  /** Of the checkout under which it was consumed. */
  readonly fence: number
  /** Whether it goes on from what the run before it left; then so do counters. */
  readonly isResumed: boolean
  /** What stands for a price that nobody knows, micro-dollars; nothing when left out. */
  readonly whenUnpriced?: number
}

interface Kept {
  /** What nobody had told of before. */
  readonly rows: readonly CostEventTable[]
  /** False when nobody knows what a part of it costs. */
  readonly isPriced: boolean
}

/** Keeps what a run consumed, as costs and in its row, which is read anew; also when it is over. */
export async function keepUsage(context: CommandContext, run: RunTable, told: Told): Promise<RunTable> {
  const { rows } = await recordUsage(context, run, told)
  if (rows.length === 0) return run
  await bookUsage(context, run, rows)
  return (await findRun(context.tx, run.id)) ?? run
}

/** Records what a run consumed; to book it where it was held, or spent, is the caller's. */
export async function recordUsage(context: CommandContext, run: RunTable, told: Told): Promise<Kept> {
  const { entries, isPriced } = await entriesOf(context, run, told)
  if (entries.length === 0) return { rows: [], isPriced }
  const recorded = await recordCosts(context, entries)
  return { rows: recorded.flatMap(({ isNew, row }) => (isNew ? [row] : [])), isPriced }
}

/** Takes what a run consumed from what is held for it, or books it as spent. @returns what is left of the hold; null when there is none */
export async function bookUsage(context: CommandContext, run: RunTable, rows: readonly CostEventTable[]): Promise<HoldRest | null> {
  const { tx, companyId } = context
  const holds = run.is_budgeted === 1 ? await openHolds(tx, { companyId, runId: run.id }) : []
  const own = holds.find(({ kind }) => kind === 'run')
  // It may be ended at this moment, when its run is over.
  const hold = own && (await lockHold(tx, { companyId, id: own.id }))
  if (hold?.status === 'open') return drawFromHold(context, hold, amountsOf(rows))
  await chargeRecorded(context, rows)
  return null
}

async function entriesOf(context: CommandContext, run: RunTable, told: Told): Promise<{ entries: CostEntry[]; isPriced: boolean }> {
  const usages = told.usages.filter((usage) => countersOf(usage).some((count) => count > 0))
  if (usages.length === 0) return { entries: [], isPriced: true }
  const { tx, companyId } = context
  const task = await findTaskOfRun(tx, run)
  const links = {
    companyId,
    source: runSource,
    runId: run.id,
    taskId: run.task_id,
    projectId: task?.project_id ?? null,
    goalId: task && (await goalOfTask(tx, task)),
    agentId: run.agent_id,
    adapter: run.adapter_type,
    occurredAt: new Date(context.now),
  }
  const entries: CostEntry[] = []
  let isPriced = true
  for (const usage of usages) {
    const sourceEventId = `${run.id}/${told.fence}/${usage.sequence}`
    // Its counters are charged already.
    if (usage.cumulative && (await findOfSource(tx, { ...links, sourceEventId }))) continue
    const { provider, model, billingType = 'unknown' } = usage
    const place = {
      provider: wordOf(provider || run.adapter_provider || run.adapter_type || 'unknown', 64),
      model: model ? wordOf(model, 128) : null,
    }
    const counted = await growthOf(context, run, { told, usage, subject: modelKey(place) })
    if (Object.values(counted).every((count) => count === 0)) continue
    const tokens = {
      inputTokens: counted.input_tokens,
      outputTokens: counted.output_tokens,
      cachedInputTokens: counted.cached_input_tokens,
    }
    const cacheWriteTokens = usage.cumulative ? 0 : (usage.cacheWriteTokens ?? 0)
    // What nobody knows the price of counts as what was held for it, or as free, and is shown as such.
    const price =
      usage.costMicros === undefined
        ? await priceOf(context, { ...place, ...tokens, cacheWriteTokens, at: links.occurredAt })
        : counted.cost_micros
    if (price === null) isPriced = false
    const isKnown = price !== null
    const cost = {
      costMicros: Math.min(price ?? told.whenUnpriced ?? 0, mostConsumed),
      isPriced: isKnown,
      isImputed: isImputed(billingType),
      billingType,
    }
    entries.push({ ...links, ...place, ...tokens, ...cost, sourceEventId })
  }
  return { entries, isPriced }
}

function countersOf({ inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, costMicros = 0 }: z.output<typeof Usage>) {
  return [inputTokens, outputTokens, cachedInputTokens, costMicros] as const
}

/** What a usage adds: itself, or what the counters of its conversation grew by. */
async function growthOf(
  { tx, companyId }: CommandContext,
  run: RunTable,
  { told, usage, subject }: { told: Told; usage: z.output<typeof Usage>; subject: string },
): Promise<Counters> {
  const [input_tokens, output_tokens, cached_input_tokens, cost_micros] = countersOf(usage)
  const total = { input_tokens, output_tokens, cached_input_tokens, cost_micros }
  if (!usage.cumulative) return total
  const conversation = { company_id: companyId, agent_id: run.agent_id, task_id: run.task_id, subject }
  return chargeConversation(tx, conversation, { turn: { run_id: run.id, fence: told.fence }, isResumed: told.isResumed, total })
}

/** A name that an adapter gives, as one word. Pure. */
function wordOf(name: string, longest: number): string {
  return name.replaceAll(/[^\x21-\x7e]+/g, '_').slice(0, longest)
}
