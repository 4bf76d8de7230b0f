import type { Transaction } from 'kysely'

import { versionedChange, versionedDelete } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { LabelTable } from './table.ts'

export const findLabel = rowById('labels')

export const locatedLabels = locatedRows(findLabel)

const deleteRow = versionedDelete('labels', 'label')

/** Takes a label off all tasks and removes it. @returns how many tasks had it @throws `changed_meanwhile` */
export async function deleteLabel(tx: Transaction<Database>, label: LabelTable): Promise<number> {
  const { company_id, id } = label
  const taken = await tx.deleteFrom('task_labels').where('company_id', '=', company_id).where('label_id', '=', id).executeTakeFirst()
  await deleteRow(tx, label)
  return Number(taken.numDeletedRows)
}

export const changeLabel = versionedChange('labels', 'label')
