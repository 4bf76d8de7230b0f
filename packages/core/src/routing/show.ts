import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { RoutingRule } from './schema.ts'
import { toRule, type RoutingRuleTable } from './table.ts'

/** Shows rules of one company, each with those of its agents that are gone. */
export async function showRules(db: Kysely<Database>, rows: readonly RoutingRuleTable[]): Promise<RoutingRule[]> {
  const terminated = await terminatedAmong(db, rows)
  return rows.map((row) => ({ ...toRule(row), terminatedAgentIds: takersOf(row).filter((id) => terminated.has(id)) }))
}

export async function showRule(db: Kysely<Database>, row: RoutingRuleTable): Promise<RoutingRule> {
  const [rule] = await showRules(db, [row])
  return rule ?? { ...toRule(row), terminatedAgentIds: [] }
}

function takersOf(row: RoutingRuleTable): string[] {
  const named = [row.target_agent_id, row.fallback_agent_id].filter((id) => id !== null)
  return [...new Set(named)]
}

async function terminatedAmong(db: Kysely<Database>, rows: readonly RoutingRuleTable[]): Promise<ReadonlySet<string>> {
  const [first] = rows
  const ids = [...new Set(rows.flatMap(takersOf))]
  if (!first || ids.length === 0) return new Set()
  const gone = await db
    .selectFrom('agents')
    .select('id')
    .where('company_id', '=', first.company_id)
    .where('id', 'in', ids)
    .where('status', '=', 'terminated')
    .execute()
  return new Set(gone.map(({ id }) => id))
}
