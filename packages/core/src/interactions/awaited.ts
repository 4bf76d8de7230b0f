import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { ruleViolated, type EngineError } from '../kernel/errors.ts'
import type { TaskTable } from '../tasks/table.ts'
import { pendingInteractions } from './sql.ts'
import type { InteractionTable } from './table.ts'

/** What a run of this task waits for; null when none does. */
export async function findAwaited(db: Kysely<Database>, task: TaskTable): Promise<InteractionTable | null> {
  if (task.status !== 'blocked' || task.is_asked === 0) return null
  const pending = await pendingInteractions(db, { companyId: task.company_id, taskId: task.id })
  return pending.find((row) => row.waits === 1) ?? null
}

/** @throws `rule_violated` for a task whose run waits: it goes on with the answer, and nothing else starts it */
export async function refuseAwaited(db: Kysely<Database>, task: TaskTable): Promise<void> {
  const awaited = await findAwaited(db, task)
  if (awaited) throw awaitsAnswer(task, awaited)
}

export function awaitsAnswer(task: TaskTable, awaited: InteractionTable): EngineError {
  return ruleViolated(
    `${task.identifier} waits for an answer to its question (interaction ${awaited.id}). Answer or cancel that, and its run goes on; or take the task back by tasks.forceRelease.`,
    { taskId: task.id, interactionId: awaited.id, runId: awaited.run_id },
  )
}
