import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely'

import { isNotArchived } from '../companies/sql.ts'
import { versionedChange } from '../database/versioned.ts'
import { present, tableOf } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { Spender } from './amounts.ts'
import type { BudgetHoldTable, BudgetIncidentTable, BudgetPeriodTable, BudgetTable } from './table.ts'

const budgetById = rowById('budgets')

/** A budget; null for one that was removed. */
export async function findBudget(db: Kysely<Database>, id: string): Promise<BudgetTable | null> {
  const row = await budgetById(db, id)
  return row?.removed_at === null ? row : null
}

export const locatedBudgets = locatedRows(findBudget, (row) => ({ taskId: row.task_id, agentId: row.agent_id }))

const over = statement((db, given: { companyId: string; scopes: string; agentId: string | null }, family) =>
  db
    .selectFrom('budgets')
    .leftJoin('budget_stops', (join) =>
      join.onRef('budget_stops.company_id', '=', 'budgets.company_id').onRef('budget_stops.budget_id', '=', 'budgets.id'),
    )
    .selectAll('budgets')
    .select('budget_stops.created_at as stopped_at')
    .select((e) =>
      e
        .selectFrom('agents')
        .select('agents.max_cost_micros_per_run')
        .whereRef('agents.company_id', '=', 'budgets.company_id')
        .where('agents.id', '=', given.agentId)
        .as('most_per_run'),
    )
    .where('budgets.company_id', '=', given.companyId)
    .where(
      family === 'postgres'
        ? sql<boolean>`budgets.scope_id = any(array(select value::uuid from jsonb_array_elements_text(${given.scopes}::jsonb)))`
        : sql<boolean>`budgets.scope_id in (select value from json_each(${given.scopes}))`,
    )
    .where('budgets.removed_at', 'is', null)
    .orderBy('budgets.id'),
)

/** All budgets that something counts in, in the order in which they are locked, and what a run of its agent may cost where they limit it. */
export async function budgetsOver(db: Kysely<Database>, spender: Spender) {
  const { companyId, agentId } = spender
  return over(db, { companyId, agentId, scopes: JSON.stringify(scopesOf(spender)) })
}

/** What of a company something counts in the budgets of. Pure. */
export function scopesOf({ companyId, agentId, projectId, taskId }: Spender): string[] {
  return [companyId, agentId, projectId, taskId].filter((id) => id !== null)
}

/** Whether a company has hard budgets; a part of a statement about one of its tasks. */
export function hasHardBudgets(e: ExpressionBuilder<Database, 'tasks'>) {
  return e.exists(
    e
      .selectFrom('budgets')
      .select('budgets.id')
      .whereRef('budgets.company_id', '=', 'tasks.company_id')
      .where('budgets.removed_at', 'is', null)
      .where('budgets.is_hard', '=', sql.lit(1)),
  )
}

/** Whether a company ever had a budget, for the row of a lease: something may be held for its run. */
export function hasBudgets(e: ExpressionBuilder<Database, 'leases'>) {
  return e.exists(e.selectFrom('budgets').select('budgets.id').whereRef('budgets.company_id', '=', 'leases.company_id'))
}

interface PeriodKey {
  readonly budgetId: string
  readonly startsAt: string
}

interface PeriodKeys {
  readonly companyId: string
  readonly keys: readonly PeriodKey[]
}

function periodsOf(db: Kysely<Database>, { companyId, keys }: PeriodKeys) {
  return db
    .selectFrom('budget_periods')
    .selectAll()
    .where('company_id', '=', companyId)
    .where((e) => e.or(keys.map(({ budgetId, startsAt }) => e.and({ budget_id: budgetId, starts_at: startsAt }))))
}

export async function findPeriods(db: Kysely<Database>, given: PeriodKeys): Promise<BudgetPeriodTable[]> {
  return periodsOf(db, given).execute()
}

/** Rows of periods, ours until the transaction ends. They are locked in one order, so that no two commands wait for each other. */
export async function lockPeriods(tx: Transaction<Database>, given: PeriodKeys): Promise<BudgetPeriodTable[]> {
  return periodsOf(tx, given).orderBy('budget_id').orderBy('starts_at').forNoKeyUpdate().execute()
}

/** Those of some budgets that stop work. */
export async function stoppedAmong(
  db: Kysely<Database>,
  { companyId, budgetIds }: { companyId: string; budgetIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('budget_stops')
    .select('budget_id')
    .where('company_id', '=', companyId)
    .where('budget_id', 'in', [...budgetIds])
    .execute()
  return new Set(rows.map((row) => row.budget_id))
}

/** Adds the periods that nobody has used yet; of two that do so at once, one adds them. */
export async function addPeriods(tx: Transaction<Database>, rows: readonly BudgetPeriodTable[]): Promise<void> {
  await tx
    .insertInto('budget_periods')
    .values([...rows])
    .onConflict((conflict) => conflict.columns(['company_id', 'budget_id', 'starts_at']).doNothing())
    .execute()
}

export interface PeriodChange {
  readonly before: BudgetPeriodTable
  readonly after: BudgetPeriodTable
}

// Materialized, or SQLite reads the document again for each period that the company ever had.
const swap = statement((db, given: { companyId: string; changes: string }, family) =>
  rawStatement<{ budget_id: string }>(
    db,
    sql`with n (${changeColumns}) as materialized (${family === 'postgres' ? changesIn(given) : changesInJson(given)})
      update ${tableOf(db, 'budget_periods')} as p ${exchange}
      from n
      where p.company_id = ${given.companyId} and ${isUnchanged}
      returning budget_id`,
  ),
)

// The parts of statements that put periods in the places of what was read: `p` is the row, `n` what becomes of it.
export const changeColumns = sql`budget, starts_at, limit_amount, is_hard, spent, held, excess, is_warned, was_spent, was_held`
export const isUnchanged = sql`p.budget_id = n.budget and p.starts_at = n.starts_at and p.spent = n.was_spent and p.held = n.was_held`
export const exchange = sql`set limit_amount = n.limit_amount, is_hard = n.is_hard, spent = n.spent, held = n.held, excess = n.excess,
  is_warned = n.is_warned`

export function changesIn({ changes }: { changes: string }) {
  return sql`select * from jsonb_to_recordset(${changes}::jsonb) as n (budget uuid, starts_at timestamptz, limit_amount bigint,
    is_hard bigint, spent bigint, held bigint, excess bigint, is_warned bigint, was_spent bigint, was_held bigint)`
}

function changesInJson({ changes }: { changes: string }) {
  return sql`select value ->> 'budget', value ->> 'starts_at', value ->> 'limit_amount', value ->> 'is_hard', value ->> 'spent',
    value ->> 'held', value ->> 'excess', value ->> 'is_warned', value ->> 'was_spent', value ->> 'was_held' from json_each(${changes})`
}

/** Changes of periods as a document that a statement reads as rows. Pure. */
export function toChanges(changes: readonly PeriodChange[]): string {
  return JSON.stringify(
    changes.map(({ before, after }) => ({ ...after, budget: after.budget_id, was_spent: before.spent, was_held: before.held })),
  )
}

/** Puts periods in the places of what was read, in one statement; false when one of them is not that any more. */
export async function swapPeriods(tx: Transaction<Database>, companyId: string, changes: readonly PeriodChange[]): Promise<boolean> {
  return (await swap(tx, { companyId, changes: toChanges(changes) })).length === changes.length
}

export const writeBudget = versionedChange('budgets', 'budget')

export const openHolds = statement((db, given: { companyId: string; runId: string }) =>
  db
    .selectFrom('budget_holds')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .where('status', '=', sql.lit('open'))
    .orderBy('id'),
)

const holdById = statement((db, given: { companyId: string; id: string }) =>
  db.selectFrom('budget_holds').selectAll().where('company_id', '=', given.companyId).where('id', '=', given.id).forNoKeyUpdate(),
)

/** A hold that nobody ends until the transaction does. */
export async function lockHold(tx: Transaction<Database>, given: { companyId: string; id: string }): Promise<BudgetHoldTable | null> {
  return first(await holdById(tx, given))
}

const endOpenHold = statement((db, given: { companyId: string; id: string; status: BudgetHoldTable['status']; now: string }) =>
  db
    .updateTable('budget_holds')
    .set((e) => ({ status: given.status, ended_at: given.now, version: e('version', '+', 1) }))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.id)
    .where('status', '=', sql.lit('open'))
    .returning('id'),
)

/** Ends a hold that is open: exactly once. @returns whether it was */
export async function endHold(
  tx: Transaction<Database>,
  given: { companyId: string; id: string; status: BudgetHoldTable['status']; now: string },
): Promise<boolean> {
  return (await endOpenHold(tx, given)).length > 0
}

export const holdLines = statement((db, given: { companyId: string; holdId: string }) =>
  db
    .selectFrom('budget_hold_lines')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('hold_id', '=', given.holdId)
    .orderBy('budget_id'),
)

export const findIncident = rowById('budget_incidents')

export const locatedIncidents = locatedRows(findIncident)

const openIncidentOf = statement((db, given: { companyId: string; budgetId: string }) =>
  db
    .selectFrom('budget_incidents')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('budget_id', '=', given.budgetId)
    .where('status', '=', sql.lit('open')),
)

export async function findOpenIncident(
  db: Kysely<Database>,
  given: { companyId: string; budgetId: string },
): Promise<BudgetIncidentTable | null> {
  return first(await openIncidentOf(db, given))
}

/** Budgets of all companies that stopped work in a period which is over, the longest over first. One that allows nothing is used up in each. */
export const stopsThatAreOver = statement((db, given: { now: string; limit: number }, family) =>
  db
    .selectFrom('budget_stops')
    .innerJoin('budgets', (join) =>
      join.onRef('budgets.company_id', '=', 'budget_stops.company_id').onRef('budgets.id', '=', 'budget_stops.budget_id'),
    )
    .innerJoin('companies', 'companies.id', 'budget_stops.company_id')
    .select(['budget_stops.budget_id as id', 'budget_stops.company_id'])
    .where(isNotArchived)
    .where('budget_stops.ends_at', '<=', present(family, given.now))
    .where('budgets.limit_amount', '>', sql.lit(0))
    .orderBy('budget_stops.ends_at')
    .limit(given.limit),
)
