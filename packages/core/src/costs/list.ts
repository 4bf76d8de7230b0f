import { sql, type Kysely } from 'kysely'
import { z } from 'zod'

import type { Database } from '../database/tables.ts'
import { decodeCursor, pageInput } from '../kernel/page.ts'
import { DayInput, Id } from '../kernel/schema.ts'
import { isoTime } from '../ports/clock.ts'
import { beginOfDay, endOfDay } from './days.ts'
import { TaskFilter } from '../tasks/schema.ts'
import { filteredTaskId } from '../tasks/sql.ts'
import { BillingType } from './schema.ts'
import type { CostEventTable } from './table.ts'

export const Day = DayInput.describe('A UTC day, such as `2026-11-21`.')

/** What costs can be chosen by; the first four lead into an index each, and the days into any of these. */
export const costFilters = {
  agentId: Id.optional(),
  projectId: Id.optional(),
  taskId: TaskFilter.optional(),
  runId: Id.optional(),
  from: Day.optional().describe('The first UTC day.'),
  to: Day.optional().describe('The last UTC day.'),
  billingType: BillingType.optional(),
}

const Filters = z.object({ ...costFilters, ...pageInput })

const columns = { runId: 'run_id', taskId: 'task_id', agentId: 'agent_id', projectId: 'project_id', billingType: 'billing_type' } as const

/** One row more than the page, newest first. */
export async function listCosts(db: Kysely<Database>, asked: z.output<typeof Filters> & { companyId: string }): Promise<CostEventTable[]> {
  const given = { ...asked, taskId: await filteredTaskId(db, asked.companyId, asked.taskId) }
  let rows = db
    .selectFrom('cost_events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .orderBy('occurred_at', 'desc')
    .orderBy('id', 'desc')
    .limit(given.limit + 1)
  // Object.keys forgets the keys that `columns` has.
  for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
    const value = given[name]
    if (value !== undefined) rows = rows.where(columns[name], '=', value)
  }
  if (given.from !== undefined) rows = rows.where('occurred_at', '>=', isoTime(beginOfDay(given.from)))
  if (given.to !== undefined) rows = rows.where('occurred_at', '<=', isoTime(endOfDay(given.to)))
  if (given.cursor !== undefined) {
    const [at, id] = decodeCursor(given.cursor, ['number', 'id'])
    rows = rows.where(sql<boolean>`(occurred_at, id) < (${isoTime(Number(at))}, ${id})`)
  }
  return rows.execute()
}

/** Where the page after this row begins. Pure. */
export function placeOf(row: CostEventTable): [number, string] {
  return [Date.parse(row.occurred_at), row.id]
}
