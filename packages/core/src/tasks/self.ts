import type { Kysely } from 'kysely'
import { z } from 'zod'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { QueryContext } from '../kernel/command.ts'
import { noUnresolvedBlocker, notHeld } from './checkout-guards.ts'
import type { TaskTable } from './table.ts'

/** The agent that asks about itself. The kernel lets only agents and runs in. */
export function selfOf({ actor }: QueryContext): string {
  return actor.kind === 'run' ? actor.agentId : actor.id
}

export const InboxReason = z
  .enum(['in_progress', 'revision_requested', 'assigned', 'unblock'])
  .describe(
    'in_progress: a run of mine has it; revision_requested: its work was sent back with feedback; assigned: it can be started; unblock: it is blocked, and was assigned to me.',
  )

interface Waiting {
  readonly row: TaskTable
  readonly reason: z.output<typeof InboxReason>
}

/** What waits for an agent, in the order of the reasons, then of work. */
export async function readInbox(db: Kysely<Database>, given: { companyId: string; agentId: string; limit: number }): Promise<Waiting[]> {
  const { companyId, agentId, limit } = given
  const rows = await waiting(db, { companyId, agentId, limit: mostLookedAt })
  const sentBack = await sentBackAmong(db, { companyId, taskIds: rows.map((row) => row.id) })
  const reasons = InboxReason.options
  return rows
    .map((row) => ({ row, reason: reasonOf(row, sentBack) }))
    .toSorted((left, right) => reasons.indexOf(left.reason) - reasons.indexOf(right.reason))
    .slice(0, limit)
}

/** How many of its tasks an inbox is made from. */
const mostLookedAt = 200

const waiting = statement((db, given: { companyId: string; agentId: string; limit: number }) =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('assignee_agent_id', '=', given.agentId)
    .where('status', 'in', ['todo', 'in_progress', 'blocked'])
    .where(notHeld)
    .where(noUnresolvedBlocker)
    .orderBy('priority')
    .orderBy('id')
    .limit(given.limit),
)

/** Those of these tasks whose newest deliverable a reviewer sent back. */
async function sentBackAmong(db: Kysely<Database>, given: { companyId: string; taskIds: readonly string[] }): Promise<ReadonlySet<string>> {
  if (given.taskIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('deliverables')
    .select('task_id')
    .where('company_id', '=', given.companyId)
    .where('task_id', 'in', [...given.taskIds])
    // A newer version makes `revised` of it.
    .where('status', '=', 'revision_requested')
    .execute()
  return new Set(rows.map((row) => row.task_id))
}

function reasonOf(task: TaskTable, sentBack: ReadonlySet<string>): z.output<typeof InboxReason> {
  if (task.status === 'in_progress') return 'in_progress'
  if (task.status === 'blocked') return 'unblock'
  return sentBack.has(task.id) ? 'revision_requested' : 'assigned'
}
