import type { Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notInCompany } from '../kernel/errors.ts'
import { locatedRows } from '../kernel/located.ts'
import type { ProjectTable } from './table.ts'

export const findProject = rowById('projects')

/** The projects whose default agent this is, ours until the transaction ends. */
export async function lockProjectsWithDefault(
  tx: Transaction<Database>,
  given: { companyId: string; agentId: string },
): Promise<ProjectTable[]> {
  return tx
    .selectFrom('projects')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('default_agent_id', '=', given.agentId)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

export const changeProject = versionedChange('projects', 'project')

/** The project of this company that a caller names in the field `projectId`. @throws `rule_violated` when there is none */
export async function requireProject(context: CommandContext, projectId: string): Promise<ProjectTable> {
  const project = await findProject(context.tx, projectId)
  if (project?.company_id === context.companyId) return project
  throw notInCompany({ field: 'projectId', entity: 'project', reference: projectId })
}

export const locatedProjects = locatedRows(findProject)

export const countTasksOfProject = statement((db, given: { companyId: string; projectId: string }) =>
  db
    .selectFrom('tasks')
    .select((e) => ['status', e.fn.countAll<number>().as('count')])
    .where('company_id', '=', given.companyId)
    .where('project_id', '=', given.projectId)
    .where('deleted_at', 'is', null)
    .groupBy('status'),
)
