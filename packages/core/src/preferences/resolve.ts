import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { JsonValue } from '../kernel/json.ts'
import type { TaskTable } from '../tasks/table.ts'
import { PreferenceScope, type EffectivePreference } from './schema.ts'
import { preferencesFor } from './sql.ts'
import type { Preferred } from './table.ts'

/**
 * What counts for each key, in the order of the keys: the task's own preference, then that of the nearest task above it, of the
 * project, the agent, the person and the company. A value counts as a whole, and null is one. Pure.
 */
export function resolvePreferences(preferred: readonly Preferred[]): EffectivePreference[] {
  const winners = new Map<string, Preferred>()
  for (const one of preferred) {
    const other = winners.get(one.key)
    if (!other || isNearer(one, other)) winners.set(one.key, one)
  }
  return [...winners.values()]
    .toSorted((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ key, value, scope, scope_id: id }) => ({ key, value: JSON.parse(value), from: { scope, id } }))
}

function isNearer(one: Preferred, other: Preferred): boolean {
  const [rank, otherRank] = [PreferenceScope.options.indexOf(one.scope), PreferenceScope.options.indexOf(other.scope)]
  return rank === otherRank ? one.distance < other.distance : rank > otherRank
}

/** What is preferred for a task that an agent works on, by key. */
export async function preferencesOfTask(
  db: Kysely<Database>,
  { task, agentId }: { task: TaskTable; agentId: string | null },
): Promise<Record<string, JsonValue>> {
  const asked = { companyId: task.company_id, taskId: task.id, projectId: task.project_id ?? '', agentId: agentId ?? '' }
  const effective = resolvePreferences(await preferencesFor(db, { ...asked, userId: personOf(task) ?? '' }))
  // Keys are checked when they are set, so none of them is one that every object has.
  return Object.fromEntries(effective.map(({ key, value }) => [key, value]))
}

/** The person whom a task is for: who has it, or else who created it. Pure. */
export function personOf(task: Pick<TaskTable, 'assignee_user_id' | 'created_by_kind' | 'created_by_id'>): string | null {
  return task.assignee_user_id ?? (task.created_by_kind === 'user' ? task.created_by_id : null)
}
