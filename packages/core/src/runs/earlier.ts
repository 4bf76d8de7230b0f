import type { AgentTable } from '../agents/table.ts'
import { statement } from '../database/statement.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { TaskTable } from '../tasks/table.ts'
import { failureRules } from './failures.ts'
import { runMachine } from './machine.ts'
import type { RunTable } from './table.ts'

/** A run that the same agent had of the same task. */
export type EarlierRun = Pick<RunTable, 'wake_reasons' | 'status' | 'error_class'>

/**
 * Whether a run was an attempt at its task: it ended, and neither was it cancelled nor did its provider not let it work. What is queued
 * or waits has come to nothing yet. Pure.
 */
export function wasAttempt({ status, error_class }: Pick<EarlierRun, 'status' | 'error_class'>): boolean {
  if (!runMachine.isFinal(status) || status === 'cancelled') return false
  return error_class === null || failureRules[error_class].follows !== 'cool'
}

/** More than attempts that count, for whatever limit, and those that do not between them; of older ones it does not matter how they ended. */
const lookedAt = 200

const otherRuns = statement(
  (db, given: { companyId: string; agentId: string; taskId: string; runId: string; since: string; limit: number }) =>
    db
      .selectFrom('runs')
      .select(['wake_reasons', 'status', 'error_class'])
      .where('company_id', '=', given.companyId)
      .where('task_id', '=', given.taskId)
      .where('agent_id', '=', given.agentId)
      .where('id', '!=', given.runId)
      .where('created_at', '>=', given.since)
      .orderBy('id', 'desc')
      .limit(given.limit),
)

interface Asked {
  readonly run: RunTable
  readonly task: TaskTable
  readonly agent: Pick<AgentTable, 'id'>
}

/** The other attempts of an agent at the task of a run since a time, newest first. */
export async function attemptsBeside(context: CommandContext, { run, task, agent }: Asked, since: string): Promise<EarlierRun[]> {
  const ids = { companyId: context.companyId, agentId: agent.id, taskId: task.id, runId: run.id }
  return (await otherRuns(context.tx, { ...ids, since, limit: lookedAt })).filter(wasAttempt)
}
