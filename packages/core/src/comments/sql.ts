import { sql, type Kysely, type Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { belongsToTask } from '../tasks/sql.ts'
import type { Mentionable } from './mentions.ts'
import type { CommentTable } from './table.ts'

export const findComment = rowById('comments')

export const locatedComments = locatedRows(findComment, (comment, db) => belongsToTask(db, comment.task_id))

const newest = statement((db, given: { companyId: string; taskId: string; limit: number }) =>
  db
    .selectFrom('comments')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .orderBy('id', 'desc')
    .limit(given.limit),
)

/** The last comments of a task, oldest first. */
export async function latestComments(
  db: Kysely<Database>,
  given: { companyId: string; taskId: string; limit: number },
): Promise<CommentTable[]> {
  return (await newest(db, given)).toReversed()
}

/** Adds a comment, and to each agent that it mentions the way to find it. */
export async function insertComment(tx: Transaction<Database>, row: CommentTable, mentions: readonly string[]): Promise<void> {
  await tx.insertInto('comments').values(row).execute()
  if (mentions.length === 0) return
  const rows = mentions.map((agentId) => ({ company_id: row.company_id, agent_id: agentId, comment_id: row.id }))
  await tx.insertInto('comment_mentions').values(rows).execute()
}

const namedAgents = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('agents')
    .select(['id', 'name'])
    .where('company_id', '=', given.companyId)
    .where('status', '!=', sql.lit('terminated'))
    .orderBy('id'),
)

/** The agents of a company that can be addressed. */
export async function mentionableAgents(db: Kysely<Database>, companyId: string): Promise<Mentionable[]> {
  return namedAgents(db, { companyId })
}
