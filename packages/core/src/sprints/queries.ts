import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { countByStatus, progressOf } from '../projects/progress.ts'
import { Sprint, SprintProgress, SprintStatus } from './schema.ts'
import { countTasksOfSprint, locatedSprints } from './sql.ts'
import { toSprint } from './table.ts'

export const get = query({
  title: 'Show a sprint',
  input: z.strictObject({ sprintId: Id }),
  output: Sprint,
  access: { scope: 'projects:read', company: 'sprint' },
  http: ['GET', '/sprints/:sprintId'],
  handle: async (context) => toSprint(locatedSprints.of(context)),
})

export const list = query({
  title: 'List sprints',
  input: z.strictObject({ companyId: Id, status: SprintStatus.optional(), projectId: Id.optional(), ...pageInput }),
  output: pageOf(Sprint),
  access: { scope: 'projects:read', company: 'company' },
  http: ['GET', '/companies/:companyId/sprints'],
  async handle(context, input) {
    let rows = context.db.selectFrom('sprints').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.projectId) rows = rows.where('project_id', '=', input.projectId)
    return pageById(rows, input, { item: toSprint })
  },
})

export const progress = query({
  title: "Show how far a sprint's tasks are",
  input: z.strictObject({ sprintId: Id }),
  output: SprintProgress,
  access: { scope: 'projects:read', company: 'sprint' },
  http: ['GET', '/sprints/:sprintId/progress'],
  async handle({ db, companyId }, { sprintId }) {
    const rows = await countTasksOfSprint(db, { companyId, sprintId })
    return { ...progressOf(rows), byStatus: countByStatus(rows) }
  },
})
