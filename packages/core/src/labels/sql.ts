import type { Kysely, Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import type { Database } from '../database/tables.ts'
import { versionedUpdate } from '../database/versioned-update.ts'
import type { Location } from '../kernel/locate.ts'
import type { LabelTable } from './table.ts'

export const findLabel = rowById('labels')

export async function locateLabel(db: Kysely<Database>, id: string): Promise<Location | null> {
  const label = await findLabel(db, id)
  return label && { id: label.id, companyId: label.company_id, taskId: null, agentId: null }
}

/** Takes a label off all tasks and removes it. @returns how many tasks had it; null when the label is gone or at another version */
export async function deleteLabel(tx: Transaction<Database>, label: LabelTable): Promise<number | null> {
  const { company_id, id, version } = label
  const taken = await tx.deleteFrom('task_labels').where('company_id', '=', company_id).where('label_id', '=', id).executeTakeFirst()
  const deleted = await tx
    .deleteFrom('labels')
    .where('company_id', '=', company_id)
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  return deleted.numDeletedRows === 0n ? null : Number(taken.numDeletedRows)
}

/** Changes a label that is still at the version that was read; null when it is not. */
export const updateLabel = versionedUpdate('labels')
