import type { Kysely } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notInCompany } from '../kernel/errors.ts'
import type { LabelTable } from '../labels/table.ts'
import type { Task } from './schema.ts'
import { toTask, type TaskTable } from './table.ts'

type Shown = Task['labels'][number]

function toShown({ id, name, color }: LabelTable): Shown {
  return { id, name, color }
}

/** Shows a task with its labels; asks for them only where there may be some. */
export async function showTask(db: Kysely<Database>, row: TaskTable): Promise<Task> {
  if (row.is_labelled === 0) return toTask(row)
  const [task = toTask(row)] = await showTasks(db, [row])
  return task
}

/** Shows tasks with their labels, which one statement reads for all of them. */
export async function showTasks(db: Kysely<Database>, rows: readonly TaskTable[]): Promise<Task[]> {
  const labelled = rows.filter((row) => row.is_labelled === 1)
  if (labelled.length === 0) return rows.map((row) => toTask(row))
  const labels = await labelsOf(db, labelled)
  return rows.map((row) => toTask(row, labels.get(row.id)))
}

async function labelsOf(db: Kysely<Database>, tasks: readonly TaskTable[]): Promise<Map<string, Shown[]>> {
  const labels = new Map<string, Shown[]>()
  const companies = [...new Set(tasks.map((task) => task.company_id))]
  if (companies.length === 0) return labels
  const rows = await db
    .selectFrom('task_labels')
    .innerJoin('labels', (join) =>
      join.onRef('labels.company_id', '=', 'task_labels.company_id').onRef('labels.id', '=', 'task_labels.label_id'),
    )
    .selectAll('labels')
    .select('task_labels.task_id')
    .where('task_labels.company_id', 'in', companies)
    .where(
      'task_labels.task_id',
      'in',
      tasks.map((task) => task.id),
    )
    .orderBy('labels.name')
    .execute()
  for (const row of rows) labels.set(row.task_id, [...(labels.get(row.task_id) ?? []), toShown(row)])
  return labels
}

const labelsOfCompany = statement((db, given: { companyId: string }) =>
  db.selectFrom('labels').selectAll().where('company_id', '=', given.companyId),
)

/** Finds labels by their ids or names, each once. @throws `rule_violated` naming the first one that is not there */
export async function requireLabels(
  context: { readonly tx: Kysely<Database>; readonly companyId: string },
  references: readonly string[],
): Promise<string[]> {
  if (references.length === 0) return []
  const known = await labelsOfCompany(context.tx, { companyId: context.companyId })
  const found = references.map((reference) => {
    const wanted = reference.toLowerCase()
    const label = known.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted)
    if (!label) throw notInCompany({ field: 'labels', entity: 'label', reference, advice: 'Create it first.' })
    return label.id
  })
  return [...new Set(found)]
}

/** Gives a task these labels and no others. Its row says whether it has any; that is the caller's to write. */
export async function setLabels(context: CommandContext, taskId: string, labelIds: readonly string[]): Promise<void> {
  const { tx, companyId } = context
  await tx.deleteFrom('task_labels').where('company_id', '=', companyId).where('task_id', '=', taskId).execute()
  await addLabels(context, taskId, labelIds)
}

export async function addLabels({ tx, companyId }: CommandContext, taskId: string, labelIds: readonly string[]): Promise<void> {
  if (labelIds.length === 0) return
  const rows = labelIds.map((labelId) => ({ company_id: companyId, task_id: taskId, label_id: labelId }))
  await tx.insertInto('task_labels').values(rows).execute()
}
