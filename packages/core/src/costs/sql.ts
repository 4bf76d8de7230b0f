import { sql, type Kysely, type Transaction } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { countableSql } from '../kernel/countable.ts'
import { locatedRows } from '../kernel/located.ts'
import type { CostEventTable } from './table.ts'

export const locatedCostEvents = locatedRows(rowById('cost_events'), (event) => ({ taskId: event.task_id, agentId: event.agent_id }))

const ofSource = statement((db, given: SourceKey) =>
  db
    .selectFrom('cost_events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('source', '=', given.source)
    .where('source_event_id', '=', given.sourceEventId),
)

interface SourceKey {
  readonly companyId: string
  readonly source: string
  readonly sourceEventId: string
}

/** What is known of an event of its source. */
export async function findOfSource(db: Kysely<Database>, key: SourceKey): Promise<CostEventTable | null> {
  return first(await ofSource(db, key))
}

const insert = statement((db, given: CostEventTable) =>
  db
    .insertInto('cost_events')
    .values({
      id: given.id,
      company_id: given.company_id,
      source: given.source,
      source_event_id: given.source_event_id,
      run_id: given.run_id,
      task_id: given.task_id,
      project_id: given.project_id,
      goal_id: given.goal_id,
      agent_id: given.agent_id,
      adapter: given.adapter,
      provider: given.provider,
      model: given.model,
      input_tokens: given.input_tokens,
      output_tokens: given.output_tokens,
      cached_input_tokens: given.cached_input_tokens,
      cost_micros: given.cost_micros,
      is_imputed: given.is_imputed,
      is_unpriced: given.is_unpriced,
      billing_type: given.billing_type,
      occurred_at: given.occurred_at,
      created_at: given.created_at,
    })
    .onConflict((conflict) => conflict.columns(['company_id', 'source', 'source_event_id']).doNothing())
    .returning('id'),
)

/** Adds events that their sources have not told of before. @returns the ids of those that were added */
export async function insertCostEvents(tx: Transaction<Database>, rows: readonly CostEventTable[]): Promise<ReadonlySet<string>> {
  const added: string[] = []
  for (const row of rows) added.push(...(await insert(tx, row)).map(({ id }) => id))
  return new Set(added)
}

const ofNames = statement((db, given: { companyId: string; ids: string }, family) => {
  const isNamed =
    family === 'postgres'
      ? sql`id = any(array(select value::uuid from jsonb_array_elements_text(${given.ids}::jsonb)))`
      : sql`id in (select value from json_each(${given.ids}))`
  const named = (table: 'projects' | 'goals' | 'agents', entity: string) =>
    sql`select ${sql.lit(entity)} as entity, id from ${tableOf(db, table)}
      where company_id = ${given.companyId} and ${isNamed}`
  const all = sql.join([named('projects', 'project'), named('goals', 'goal'), named('agents', 'agent')], sql` union all `)
  return rawStatement<{ entity: string; id: string }>(db, sql`${all}`)
})

/** Which of some ids are projects, goals or agents of a company, each with the word for what it is in front of it. */
export async function knownNames(
  db: Kysely<Database>,
  { companyId, ids }: { companyId: string; ids: readonly string[] },
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  return new Set((await ofNames(db, { companyId, ids: JSON.stringify(ids) })).map(({ entity, id }) => `${entity} ${id}`))
}

interface RunAmounts {
  readonly companyId: string
  readonly runId: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly costMicros: number
}

function plus(column: 'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cost_micros', more: number) {
  return countableSql(sql<number>`${sql.ref(column)} + ${more}`)
}

/** What a run consumed adds up in its row: no version changes by it, so that it may still be told when the run is over. */
const addToRun = statement((db, given: RunAmounts) =>
  db
    .updateTable('runs')
    .set({
      input_tokens: plus('input_tokens', given.inputTokens),
      output_tokens: plus('output_tokens', given.outputTokens),
      cached_input_tokens: plus('cached_input_tokens', given.cachedInputTokens),
      cost_micros: plus('cost_micros', given.costMicros),
    })
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.runId),
)

/** Keeps the figures of runs in the transaction of the events that change them. */
export async function addToRuns(tx: Transaction<Database>, rows: readonly CostEventTable[]): Promise<void> {
  const runs = Map.groupBy(
    rows.filter((row) => row.run_id !== null),
    (row) => row.run_id ?? '',
  )
  // In one order, so that no two transactions wait for each other.
  for (const [runId, ofRun] of [...runs].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    const sum = (key: 'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cost_micros') =>
      ofRun.reduce((total, row) => total + row[key], 0)
    await addToRun(tx, {
      companyId: ofRun[0]?.company_id ?? '',
      runId,
      inputTokens: sum('input_tokens'),
      outputTokens: sum('output_tokens'),
      cachedInputTokens: sum('cached_input_tokens'),
      costMicros: sum('cost_micros'),
    })
  }
}
