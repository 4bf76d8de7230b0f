import type { Kysely } from 'kysely'

import { toAgent } from '../agents/table.ts'
import { findCompany } from '../companies/sql.ts'
import { toCompany } from '../companies/table.ts'
import type { Database } from '../database/tables.ts'
import { toGoal } from '../goals/table.ts'
import { notFound } from '../kernel/errors.ts'
import { toEntry } from '../knowledge/table.ts'
import { toProject } from '../projects/table.ts'
import { triggersOf } from '../routines/sql.ts'
import { toRoutine } from '../routines/table.ts'
import { showTasks } from '../tasks/labels.ts'

export type CompanyRows = Awaited<ReturnType<typeof readRows>>

/** What a company is at present: what has ended is history, and no part of a package. @throws `not_found` */
export async function readRows(db: Kysely<Database>, companyId: string) {
  const company = await findCompany(db, companyId)
  if (!company) throw notFound('company', companyId)
  const agents = await db
    .selectFrom('agents')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', '<>', 'terminated')
    .orderBy('id')
    .execute()
  const goals = await db
    .selectFrom('goals')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', 'in', ['planned', 'active'])
    .orderBy('id')
    .execute()
  const projects = await db
    .selectFrom('projects')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', 'in', ['backlog', 'planned', 'in_progress'])
    .orderBy('id')
    .execute()
  const labels = await db.selectFrom('labels').selectAll().where('company_id', '=', companyId).orderBy('name_key').execute()
  const knowledge = await db
    .selectFrom('knowledge_entries')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
  const routines = await db
    .selectFrom('routines')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', '<>', 'archived')
    .orderBy('id')
    .execute()
  return {
    company: toCompany(company),
    agents: agents.map((row) => toAgent(row, { showsConfig: true })),
    goals: goals.map(toGoal),
    projects: projects.map((row) => toProject(row, { showsEnv: true })),
    labels,
    knowledge: knowledge.map(toEntry),
    routines: await Promise.all(
      routines.map(async (row) => ({ ...toRoutine(row), triggers: await triggersOf(db, { companyId, routineId: row.id }) })),
    ),
    ...(await readTasks(db, companyId)),
  }
}

async function readTasks(db: Kysely<Database>, companyId: string) {
  const rows = await db
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', 'not in', ['done', 'cancelled'])
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
  const blockers = await db.selectFrom('task_blockers').selectAll().where('company_id', '=', companyId).orderBy('blocker_id').execute()
  return { tasks: await showTasks(db, rows), blockers }
}
