import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Location } from '../kernel/locate.ts'
import type { CompanyTable } from './table.ts'

const companyById = statement((db, given: { id: string }) => db.selectFrom('companies').selectAll().where('id', '=', given.id))

export async function findCompany(db: Kysely<Database>, id: string): Promise<CompanyTable | null> {
  return first(await companyById(db, { id }))
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

export async function insertCompany(tx: Transaction<Database>, row: CompanyTable): Promise<void> {
  await tx.insertInto('companies').values(row).execute()
}

export async function isPrefixTaken(db: Kysely<Database>, prefix: string): Promise<boolean> {
  const rows = await db.selectFrom('companies').select('id').where('task_prefix', '=', prefix).execute()
  return rows.length > 0
}

/** Changes a company that is still at the version that was read; null when it is not. */
export async function updateCompany(
  tx: Transaction<Database>,
  company: CompanyTable,
  changes: Partial<CompanyTable>,
): Promise<CompanyTable | null> {
  const row = await tx
    .updateTable('companies')
    .set({ ...changes, version: company.version + 1 })
    .where('id', '=', company.id)
    .where('version', '=', company.version)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

const countTask = statement((db, given: { companyId: string; now: string }) =>
  db
    .updateTable('companies')
    .set((e) => ({ task_counter: e('task_counter', '+', 1) }))
    .where('id', '=', given.companyId)
    .returning(['task_counter', 'task_prefix', 'status']),
)

/** Takes the company's next task number; numbers of rolled back tasks are given out again. */
export async function takeTaskNumber(tx: Transaction<Database>, given: { companyId: string; now: string }) {
  return first(await countTask(tx, given))
}
