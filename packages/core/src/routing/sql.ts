import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { RoutingRuleTable } from './table.ts'

export const findRule = rowById('routing_rules')

export const locatedRules = locatedRows(findRule)

const rulesOfCompany = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('routing_rules')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('project_id', 'is', null)
    .orderBy('position')
    .orderBy('id'),
)

const rulesOfProject = statement((db, given: { companyId: string; projectId: string }) =>
  db
    .selectFrom('routing_rules')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('project_id', '=', given.projectId)
    .orderBy('position')
    .orderBy('id'),
)

/** The rules of a project, or of the company for null, in the order in which they are asked. */
export async function rulesOf(
  db: Kysely<Database>,
  { companyId, projectId }: { companyId: string; projectId: string | null },
): Promise<RoutingRuleTable[]> {
  return projectId === null ? rulesOfCompany(db, { companyId }) : rulesOfProject(db, { companyId, projectId })
}

const projectOfCompany = statement((db, given: { companyId: string; projectId: string }) =>
  db.selectFrom('projects').select('id').where('company_id', '=', given.companyId).where('id', '=', given.projectId),
)

export async function hasProject(db: Kysely<Database>, given: { companyId: string; projectId: string }): Promise<boolean> {
  return (await projectOfCompany(db, given)).length > 0
}

export const writeRule = versionedChange('routing_rules', 'routing rule')

/** Passes the turn of a round robin on from the agent that had it; false when somebody else did. */
export async function passTurn(
  tx: Transaction<Database>,
  given: { companyId: string; ruleId: string; from: string | null; to: string },
): Promise<boolean> {
  const rows = await tx
    .updateTable('routing_rules')
    .set({ last_agent_id: given.to })
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.ruleId)
    .where('last_agent_id', given.from === null ? 'is' : '=', given.from)
    .returning('id')
    .execute()
  return rows.length > 0
}

/**
 * Whether a new task of the company may have somebody to go to although it names nobody: there is a default agent, or a
 * rule that is asked for it. Where it is false, nothing needs to be looked up.
 */
export function mayRoute(e: ExpressionBuilder<Database, 'companies'>, projectId: string | null) {
  const enabled = e
    .selectFrom('routing_rules')
    .select('routing_rules.id')
    .whereRef('routing_rules.company_id', '=', 'companies.id')
    .where('routing_rules.is_enabled', '=', sql.lit(1))
  const project = e
    .selectFrom('projects')
    .select('projects.id')
    .whereRef('projects.company_id', '=', 'companies.id')
    .where('projects.id', '=', projectId)
  return e.or([
    e('companies.default_agent_id', 'is not', null),
    e.exists(enabled.where('routing_rules.project_id', 'is', null)),
    e.exists(enabled.where('routing_rules.project_id', '=', projectId)),
    e.exists(project.where('projects.default_agent_id', 'is not', null)),
  ])
}
