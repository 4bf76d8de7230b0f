import type { Kysely } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Location } from '../kernel/locate.ts'
import type { GoalTable } from './table.ts'

const goalById = statement((db, given: { id: string }) => db.selectFrom('goals').selectAll().where('id', '=', given.id))

export async function findGoal(db: Kysely<Database>, id: string): Promise<GoalTable | null> {
  return first(await goalById(db, { id }))
}

export async function locateGoal(db: Kysely<Database>, id: string): Promise<Location | null> {
  const goal = await findGoal(db, id)
  return goal && { id: goal.id, companyId: goal.company_id, taskId: null, agentId: goal.owner_agent_id }
}

/** A goal and those above it, nearest first; ends at the company's goal. */
export async function goalChain(db: Kysely<Database>, given: { companyId: string; goalId: string | null }): Promise<GoalTable[]> {
  const chain: GoalTable[] = []
  const seen = new Set<string>()
  let next = given.goalId
  while (next !== null && !seen.has(next)) {
    seen.add(next)
    const goal = await findGoal(db, next)
    if (!goal || goal.company_id !== given.companyId) break
    chain.push(goal)
    next = goal.parent_id
  }
  return chain
}
