import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
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
    let rows = context.db
      .selectFrom('projects')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.goalId) rows = rows.where('goal_id', '=', input.goalId)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    const view = { showsEnv: showsEnv(context) }
    return toPage(await rows.execute(), input.limit, { item: (row) => toProject(row, view), key: (row) => [row.id] })
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
