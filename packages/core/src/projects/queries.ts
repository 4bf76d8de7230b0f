import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { showsEnv } from './env.ts'
import { Progress, progressOf } from './progress.ts'
import { Project, ProjectStatus } from './schema.ts'
import { countTasksOfProject, locatedProjects } from './sql.ts'
import { toProject } from './table.ts'

export const get = query({
  title: 'Show a project',
  input: z.strictObject({ projectId: Id }),
  output: Project,
  access: { scope: 'projects:read', company: 'project' },
  http: ['GET', '/projects/:projectId'],
  handle: async (context) => toProject(locatedProjects.of(context), { showsEnv: showsEnv(context) }),
})

export const list = query({
  title: 'List projects',
  input: z.strictObject({ companyId: Id, status: ProjectStatus.optional(), goalId: Id.optional(), ...pageInput }),
  output: pageOf(Project),
  access: { scope: 'projects:read', company: 'company' },
  http: ['GET', '/companies/:companyId/projects'],
  async handle(context, input) {
    let rows = context.db.selectFrom('projects').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.goalId) rows = rows.where('goal_id', '=', input.goalId)
    const view = { showsEnv: showsEnv(context) }
    return pageById(rows, input, { item: (row) => toProject(row, view) })
  },
})

export const progress = query({
  title: "Show how far a project's tasks are",
  input: z.strictObject({ projectId: Id }),
  output: Progress,
  access: { scope: 'projects:read', company: 'project' },
  http: ['GET', '/projects/:projectId/progress'],
  handle: async ({ db, companyId }, { projectId }) => progressOf(await countTasksOfProject(db, { companyId, projectId })),
})
