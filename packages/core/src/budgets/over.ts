import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Spender } from './amounts.ts'
import { periodOf } from './period.ts'
import { BudgetWindow } from './schema.ts'
import { scopesOf } from './sql.ts'
import type { BudgetPeriodTable, BudgetTable } from './table.ts'

/** A budget that something counts in, and since when it stops work. */
export type BudgetOver = BudgetTable & { readonly stopped_at: string | null }

/** What something counts in: the budgets in the order in which they are locked, and those of their periods that somebody has used. */
export interface Over {
  readonly budgets: readonly BudgetOver[]
  readonly periods: readonly BudgetPeriodTable[]
}

interface Asked {
  /** Of one company. */
  readonly spenders: readonly Spender[]
  /** The periods of these times are looked for. */
  readonly times: readonly Date[]
  readonly hardOnly?: boolean
}

interface Given {
  companyId: string
  scopes: string
  starts: string
  leastHard: number
}

type Row = BudgetOver & {
  readonly period: string | null
  readonly ends_at: string | null
  readonly period_limit: number
  readonly period_hard: number
  readonly spent: number
  readonly held: number
  readonly excess: number
  readonly is_warned: number
}

function periodsOver({ isLocked }: { isLocked: boolean }) {
  return statement((db, given: Given, family) => {
    const isPostgres = family === 'postgres'
    const [budgets, stops, periods] = [tableOf(db, 'budgets'), tableOf(db, 'budget_stops'), tableOf(db, 'budget_periods')]
    const company = isPostgres ? sql`${given.companyId}::uuid` : sql`${given.companyId}`
    const isOver = isPostgres
      ? sql`b.scope_id = any(array(select value::uuid from jsonb_array_elements_text(${given.scopes}::jsonb)))`
      : sql`b.scope_id in (select value from json_each(${given.scopes}))`
    const starts = isPostgres
      ? sql`select time_window, starts_at from jsonb_to_recordset(${given.starts}::jsonb) as s (time_window text, starts_at timestamptz)`
      : sql`select value ->> 'time_window', value ->> 'starts_at' from json_each(${given.starts})`
    const counts = sql`${isOver} and b.removed_at is null and b.is_hard >= ${given.leastHard}`
    // What a join may lack can not be locked by it: the periods are locked first, in one order, so that no two commands wait for each other.
    return rawStatement<Row>(
      db,
      sql`with starts (time_window, starts_at) as (${starts}), found as (
          select p.* from ${budgets} b join starts s on s.time_window = b.time_window
            join ${periods} p on p.company_id = b.company_id and p.budget_id = b.id and p.starts_at = s.starts_at
          where b.company_id = ${company} and ${counts} order by p.budget_id, p.starts_at ${isLocked && isPostgres ? sql`for no key update of p` : sql``})
        select b.*, s.created_at as stopped_at, p.starts_at as period, p.ends_at, p.limit_amount as period_limit, p.is_hard as period_hard,
          p.spent, p.held, p.excess, p.is_warned
        from ${budgets} b left join ${stops} s on s.company_id = b.company_id and s.budget_id = b.id
          left join found p on p.company_id = b.company_id and p.budget_id = b.id
        where b.company_id = ${company} and ${counts} order by b.id, p.starts_at`,
    )
  })
}

const read = periodsOver({ isLocked: false })
const lock = periodsOver({ isLocked: true })

/** All budgets that some spenders count in, with their periods as they are at this moment. */
export async function readOver(db: Kysely<Database>, asked: Asked): Promise<Over> {
  return toOver(await read(db, toGiven(asked)))
}

/** The same; nobody else changes these periods until the transaction ends. */
export async function lockOver(db: Kysely<Database>, asked: Asked): Promise<Over> {
  return toOver(await lock(db, toGiven(asked)))
}

function toGiven({ spenders, times, hardOnly = false }: Asked): Given {
  const starts = new Map<string, object>()
  for (const at of times)
    for (const window of BudgetWindow.options) {
      const { startsAt } = periodOf(window, at)
      starts.set(`${window} ${startsAt}`, { time_window: window, starts_at: startsAt })
    }
  return {
    companyId: spenders[0]?.companyId ?? '',
    scopes: JSON.stringify([...new Set(spenders.flatMap(scopesOf))]),
    starts: JSON.stringify([...starts.values()]),
    leastHard: hardOnly ? 1 : 0,
  }
}

function toOver(rows: readonly Row[]): Over {
  const budgets = new Map<string, BudgetOver>()
  const periods: BudgetPeriodTable[] = []
  for (const { period, ends_at, period_limit, period_hard, spent, held, excess, is_warned, ...budget } of rows) {
    budgets.set(budget.id, budget)
    if (period === null) continue
    const place = { company_id: budget.company_id, budget_id: budget.id, starts_at: period, ends_at }
    periods.push({ ...place, limit_amount: period_limit, is_hard: period_hard, spent, held, excess, is_warned })
  }
  return { budgets: [...budgets.values()], periods }
}
