import type { Kysely, Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { belongsToTask } from '../tasks/sql.ts'
import type { AssetTable, AttachmentTable, AttachmentWithAsset } from './table.ts'

/** Where an attachment belongs; one that was deleted, or whose task was, is not there any more. */
export const locatedAttachments = locatedRows(rowById('attachments'), async (row, db) =>
  row.deleted_at === null ? belongsToTask(db, row.task_id, () => (row.author_kind === 'agent' ? row.author_id : null)) : null,
)

/** The attachments of a company, with what is known of their bytes. */
export function presentAttachments(db: Kysely<Database>, companyId: string) {
  return db
    .selectFrom('attachments')
    .innerJoin('assets', (join) =>
      join.onRef('assets.company_id', '=', 'attachments.company_id').onRef('assets.id', '=', 'attachments.asset_id'),
    )
    .selectAll('attachments')
    .select(['assets.sha256', 'assets.byte_size'])
    .where('attachments.company_id', '=', companyId)
    .where('attachments.deleted_at', 'is', null)
}

export async function findAttachment(db: Kysely<Database>, given: { companyId: string; id: string }): Promise<AttachmentWithAsset | null> {
  const row = await presentAttachments(db, given.companyId).where('attachments.id', '=', given.id).executeTakeFirst()
  return row ?? null
}

const assetByHash = statement((db, given: { companyId: string; sha256: string }) =>
  db.selectFrom('assets').selectAll().where('company_id', '=', given.companyId).where('sha256', '=', given.sha256),
)

/** Says that a company has these bytes; once, however often they come. */
export async function keepAsset(tx: Transaction<Database>, row: AssetTable): Promise<AssetTable> {
  const known = first(await assetByHash(tx, { companyId: row.company_id, sha256: row.sha256 }))
  if (known) return known
  await tx.insertInto('assets').values(row).execute()
  return row
}

/** Deletes an attachment that is still at the version that was read; null when it is not. */
export async function deleteAttachment(
  tx: Transaction<Database>,
  row: Pick<AttachmentTable, 'company_id' | 'id' | 'version'>,
  now: string,
): Promise<AttachmentTable | null> {
  const next = await tx
    .updateTable('attachments')
    .set({ deleted_at: now, version: row.version + 1 })
    .where('company_id', '=', row.company_id)
    .where('id', '=', row.id)
    .where('version', '=', row.version)
    .returningAll()
    .executeTakeFirst()
  return next ?? null
}
