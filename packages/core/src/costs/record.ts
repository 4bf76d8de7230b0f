import type { Transaction } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { OpenLog } from '../kernel/batch.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import { chargeRecorded, foreseeRecorded } from './charge.ts'
import { costErrors } from './errors.ts'
import type { BillingType } from './schema.ts'
import { addToRuns, findOfSource } from './sql.ts'
import { toCostEvent, type CostEventTable } from './table.ts'
import { writeCosts } from './write.ts'

/** What was spent, and for what, as it is now. */
export interface CostEntry {
  readonly companyId: string
  readonly source: string
  readonly sourceEventId: string
  readonly runId: string | null
  readonly taskId: string | null
  readonly projectId: string | null
  readonly goalId: string | null
  readonly agentId: string | null
  readonly adapter: string | null
  readonly provider: string
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly costMicros: number
  readonly isImputed: boolean
  /** False when nobody knows its price, and `costMicros` stands in for it. */
  readonly isPriced: boolean
  readonly billingType: BillingType
  readonly occurredAt: Date
}

export interface Recorded {
  readonly row: CostEventTable
  /** False when its source had told of it before: then nothing was done, and nothing may be charged. */
  readonly isNew: boolean
}

interface Recording {
  /** Which entry is of which call, where several calls are one transaction. */
  readonly contexts?: ReadonlyMap<CostEntry, CommandContext>
  /** Whether they are charged as spent without a hold; else budgets are the caller's, in the same transaction. */
  readonly isCharging?: boolean
  /** Where what has been recorded may be written together with the costs. */
  readonly log?: OpenLog
}

/**
 * Records costs with their links, the sums that they add to, what their runs consumed, and their events, in a handful of statements. What
 * was known before is answered with what is stored, and neither counted nor charged again.
 */
export async function recordCosts(
  context: CommandContext,
  entries: readonly CostEntry[],
  { contexts = new Map(), isCharging = false, log }: Recording = {},
): Promise<Recorded[]> {
  const { tx, companyId } = context
  const rows = new Map<string, CostEventTable>()
  const asking = new Map<string, CommandContext>()
  for (const entry of entries) {
    if (rows.has(keyOf(entry))) continue
    const row = toRow(context, entry)
    rows.set(keyOf(entry), row)
    asking.set(row.id, contexts.get(entry) ?? context)
  }
  if (rows.size === 0) return []
  const foreseen = isCharging ? await foreseeRecorded(context, [...rows.values()]) : null
  const tell = (told: Iterable<CostEventTable>) => {
    for (const row of told) emitRecorded(asking.get(row.id) ?? context, row)
  }
  const costs = { companyId, rows: [...rows.values()], changes: foreseen?.changes ?? [] }
  // Where nothing but the costs is to be told, that is a part of the same statement.
  const early = foreseen?.isQuiet === true ? log : undefined
  if (early) tell(costs.rows)
  const events = early?.take() ?? []
  const { added, isCharged, logged } = await writeCosts(tx, { ...costs, events, epoch: early?.epoch ?? 0 })
  const fresh = costs.rows.filter((row) => added.has(row.id))
  await addToRuns(tx, fresh)
  if (!early) tell(fresh)
  else if (logged.length > 0) early.wrote(logged)
  else early.giveBack(events.filter(({ entity }) => entity.type !== 'costEvent' || added.has(entity.id)))
  if (foreseen && isCharged) await foreseen.follow()
  else if (isCharging) await chargeRecorded(context, fresh)
  return answers(tx, entries, (entry) => {
    const row = rows.get(keyOf(entry))
    return row && added.has(row.id) ? row : null
  })
}

/** What became of each entry; of several with one number the first is new. */
async function answers(
  tx: Transaction<Database>,
  entries: readonly CostEntry[],
  addedFor: (entry: CostEntry) => CostEventTable | null,
): Promise<Recorded[]> {
  const told = new Set<CostEventTable>()
  const recorded: Recorded[] = []
  for (const entry of entries) {
    const added = addedFor(entry)
    const row = added ?? (await findOfSource(tx, entry))
    if (!row) throw new Error(`a cost event of ${entry.source} was neither added nor found`)
    recorded.push({ row, isNew: added !== null && !told.has(row) })
    told.add(row)
  }
  return recorded
}

function keyOf({ source, sourceEventId }: CostEntry): string {
  return JSON.stringify([source, sourceEventId])
}

function toRow(context: CommandContext, entry: CostEntry): CostEventTable {
  return {
    id: context.newId(),
    company_id: context.companyId,
    source: entry.source,
    source_event_id: entry.sourceEventId,
    run_id: entry.runId,
    task_id: entry.taskId,
    project_id: entry.projectId,
    goal_id: entry.goalId,
    agent_id: entry.agentId,
    adapter: entry.adapter,
    provider: entry.provider,
    model: entry.model,
    input_tokens: entry.inputTokens,
    output_tokens: entry.outputTokens,
    cached_input_tokens: entry.cachedInputTokens,
    cost_micros: entry.costMicros,
    is_imputed: entry.isImputed ? 1 : 0,
    is_unpriced: entry.isPriced ? 0 : 1,
    billing_type: entry.billingType,
    occurred_at: entry.occurredAt.toISOString(),
    created_at: context.now,
  }
}

function emitRecorded(context: CommandContext, row: CostEventTable): void {
  const cost = toCostEvent(row)
  context.emit(
    'cost.recorded',
    { type: 'costEvent', id: row.id, version: 1 },
    {
      source: cost.source,
      runId: cost.runId,
      taskId: cost.taskId,
      projectId: cost.projectId,
      agentId: cost.agentId,
      provider: cost.provider,
      model: cost.model,
      inputTokens: cost.inputTokens,
      outputTokens: cost.outputTokens,
      cachedInputTokens: cost.cachedInputTokens,
      costMicros: cost.costMicros,
      isImputed: cost.isImputed,
      isPriced: cost.isPriced,
      billingType: cost.billingType,
    },
  )
}

export function costConflict(stored: CostEventTable, given: CostEntry): EngineError {
  const { source, sourceEventId, provider, model, inputTokens, outputTokens, cachedInputTokens, costMicros, billingType } = given
  return new EngineError(
    costErrors.cost_conflict,
    `The event ${sourceEventId} of ${source} was reported before with ${stored.cost_micros} micro-dollars for ${stored.input_tokens} tokens in and ${stored.output_tokens} out; now it is ${costMicros} for ${inputTokens} and ${outputTokens}. What was first reported counts. Report a correction as an event of its own.`,
    {
      details: {
        stored: toCostEvent(stored),
        given: { provider, model, inputTokens, outputTokens, cachedInputTokens, costMicros, billingType },
      },
    },
  )
}
