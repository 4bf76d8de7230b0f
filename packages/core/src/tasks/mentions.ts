import { sql, type Kysely } from 'kysely'
import { z } from 'zod'

import { Comment } from '../comments/schema.ts'
import { toComment } from '../comments/table.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { Id } from '../kernel/schema.ts'
import { TaskStatus } from './schema.ts'

/** How many mentions an inbox shows, and of how many of the newest it chooses them. */
const mostShown = 50
const mostLookedAt = 200

export const Mention = z
  .object({ task: z.object({ id: Id, identifier: z.string(), title: z.string(), status: TaskStatus }), comment: Comment })
  .meta({ id: 'Mention' })

const lowestId = '00000000-0000-0000-0000-000000000000'

// Conditions that read other rows are truth values: of those a planner expects enough to go from the newest mention on.
// Cross joins: SQLite reads their tables in the order in which they are written.
const unanswered = statement((db, given: { companyId: string; agentId: string; lowest: string }) => {
  const mentions = db
    .selectFrom('comment_mentions')
    .where('comment_mentions.company_id', '=', given.companyId)
    .where('comment_mentions.agent_id', '=', given.agentId)
    .orderBy('comment_mentions.comment_id', 'desc')
  const oldest = mentions.select('comment_mentions.comment_id').limit(sql.lit(1)).offset(sql.lit(mostLookedAt))
  return mentions
    .crossJoin('comments')
    .crossJoin('tasks')
    .selectAll('comments')
    .select(['tasks.identifier', 'tasks.title', 'tasks.status'])
    .where((e) => e('comment_mentions.comment_id', '>', sql<string>`coalesce(${oldest}, ${given.lowest})`))
    .where('comments.company_id', '=', given.companyId)
    .whereRef('comments.id', '=', 'comment_mentions.comment_id')
    .where('tasks.company_id', '=', given.companyId)
    .whereRef('tasks.id', '=', 'comments.task_id')
    .where('tasks.deleted_at', 'is', null)
    .where('tasks.status', 'not in', ['done', 'cancelled'])
    .where((e) => {
      const answer = e
        .selectFrom('comments as own')
        .select(sql.lit(true).as('is_there'))
        .where('own.company_id', '=', given.companyId)
        .whereRef('own.task_id', '=', 'comments.task_id')
        .whereRef('own.id', '>=', 'comments.id')
        .where('own.author_kind', '=', 'agent')
        .where('own.author_id', '=', given.agentId)
        .limit(sql.lit(1))
      return sql<boolean>`not coalesce(${answer}, false)`
    })
    .limit(sql.lit(mostShown))
})

/** Where an agent was mentioned on open tasks since it last said something there itself, newest first. */
export async function unansweredMentions(
  db: Kysely<Database>,
  given: { companyId: string; agentId: string },
): Promise<z.output<typeof Mention>[]> {
  const rows = await unanswered(db, { ...given, lowest: lowestId })
  return rows.map((row) => {
    const { task_id: id, identifier, title, status } = row
    return { task: { id, identifier, title, status }, comment: toComment(row) }
  })
}
