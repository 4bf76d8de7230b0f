import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { Location } from '../kernel/locate.ts'
import { mayRoute } from '../routing/sql.ts'
import type { CompanyTable } from './table.ts'

export const findCompany = rowById('companies')

/** What is due in an archived company stays as it is, so it must not stand before what is due in others. */
export function isNotArchived(e: ExpressionBuilder<Database, 'companies'>) {
  return e('companies.status', '!=', sql.lit('archived'))
}

const companyForChange = statement((db, given: { id: string }) =>
  db.selectFrom('companies').selectAll().where('id', '=', given.id).forUpdate(),
)

/** A company whose row is ours until the transaction ends: a checkout waits to see what became of it. */
export async function lockCompanyRow(tx: Transaction<Database>, id: string): Promise<CompanyTable | null> {
  return first(await companyForChange(tx, { id }))
}

export async function locateCompany(db: Kysely<Database>, id: string): Promise<Location | null> {
  const company = await findCompany(db, id)
  return company && { id: company.id, companyId: company.id, taskId: null, agentId: null }
}

const approvedStrategy = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('approvals')
    .select('id')
    .where('company_id', '=', given.companyId)
    .where('type', '=', 'strategy')
    .where('status', '=', 'approved')
    .limit(1),
)

export async function hasApprovedStrategy(tx: Transaction<Database>, given: { companyId: string }): Promise<boolean> {
  return (await approvedStrategy(tx, given)).length > 0
}

export async function insertCompany(tx: Transaction<Database>, row: CompanyTable): Promise<void> {
  await tx.insertInto('companies').values(row).execute()
}

export async function isPrefixTaken(db: Kysely<Database>, prefix: string): Promise<boolean> {
  const rows = await db.selectFrom('companies').select('id').where('task_prefix', '=', prefix).execute()
  return rows.length > 0
}

/** Writes changes to a company that was read in this transaction. @throws `changed_meanwhile` */
export async function changeCompany(
  { tx, now }: Pick<CommandContext, 'tx' | 'now'>,
  company: CompanyTable,
  changes: Partial<CompanyTable>,
): Promise<CompanyTable> {
  const row = await tx
    .updateTable('companies')
    .set({ ...changes, updated_at: now, version: company.version + 1 })
    .where('id', '=', company.id)
    .where('version', '=', company.version)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw changedMeanwhile('company', company.id)
  return row
}

const countTask = statement((db, given: { companyId: string; projectId: string | null }) =>
  db
    .updateTable('companies')
    .set((e) => ({ task_counter: e('task_counter', '+', 1) }))
    .where('id', '=', given.companyId)
    .returning((e) => ['task_counter', 'task_prefix', 'status', mayRoute(e, given.projectId).as('may_route')]),
)

/** Takes the company's next task number; numbers of rolled back tasks are given out again. Says too whether routing may know an agent. */
export async function takeTaskNumber(tx: Transaction<Database>, given: { companyId: string; projectId: string | null }) {
  return first(await countTask(tx, given))
}
