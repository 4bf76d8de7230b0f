import type { Kysely } from 'kysely'
import { z } from 'zod'

import { findCompany } from '../companies/sql.ts'
import type { Database } from '../database/tables.ts'
import { may } from '../kernel/authorize.ts'
import type { QueryContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import type { Scope } from '../kernel/permissions.ts'
import { Id, IsoTime } from '../kernel/schema.ts'
import { RunContext } from '../ports/run-contract.ts'
import { readTaskContext, type ContextReader } from '../runs/context.ts'
import { withheldFrom } from '../runs/context-sections.ts'
import { TaskStatus } from './schema.ts'
import type { TaskTable } from './table.ts'

/** How many tasks below a task, and documents of it, are named. */
const mostNamed = 100

export const TaskBundle = z
  .object({
    ...RunContext.pick({
      company: true,
      goals: true,
      task: true,
      comments: true,
      blockers: true,
      feedback: true,
      interactions: true,
      knowledge: true,
      preferences: true,
      tokens: true,
      omitted: true,
    }).shape,
    project: z.object({ id: Id, name: z.string(), description: z.string().nullable(), status: z.string() }).nullable(),
    children: z
      .array(z.object({ id: Id, identifier: z.string(), title: z.string(), status: TaskStatus }))
      .describe(`The tasks below it, oldest first, ${mostNamed} at most.`),
    documents: z
      .array(z.object({ id: Id, key: z.string(), title: z.string(), revision: z.number().int(), updatedAt: IsoTime }))
      .describe('What was written for it; the texts are read one by one.'),
  })
  .meta({ id: 'TaskContext' })

type Reader = ContextReader & Pick<QueryContext, 'actor' | 'companyId'>

/** As far as whoever asks may read it. */
export async function readBundle(reader: Reader, task: TaskTable): Promise<z.output<typeof TaskBundle>> {
  const { db } = reader
  const mayRead = (scope: Scope) => may(reader, scope)
  const company = await findCompany(db, task.company_id)
  if (!company) throw notFound('company', task.company_id)
  const [known, project, children, documents] = await Promise.all([
    readTaskContext(reader, { company, task, agentId: task.assignee_agent_id, mayRead }),
    mayRead('projects:read') ? readProject(db, task) : null,
    readChildren(db, task),
    mayRead('documents:read') ? readDocuments(db, task) : [],
  ])
  return { ...known, project, children, documents, omitted: [...known.omitted, ...withheldOf(task, mayRead)] }
}

/** What it lacks beside what a run is told, for want of a right. */
function withheldOf({ id, project_id: projectId }: TaskTable, mayRead: (scope: Scope) => boolean) {
  const project = { ...withheldFrom('project'), operation: 'projects.get', path: `/api/projects/${projectId}` }
  const documents = { ...withheldFrom('documents'), operation: 'documents.list', path: `/api/tasks/${id}/documents` }
  return [...(projectId === null || mayRead('projects:read') ? [] : [project]), ...(mayRead('documents:read') ? [] : [documents])]
}

async function readProject(db: Kysely<Database>, task: TaskTable) {
  if (task.project_id === null) return null
  const project = await db
    .selectFrom('projects')
    .select(['id', 'name', 'description', 'status'])
    .where('company_id', '=', task.company_id)
    .where('id', '=', task.project_id)
    .executeTakeFirst()
  return project ?? null
}

async function readChildren(db: Kysely<Database>, task: TaskTable) {
  return db
    .selectFrom('tasks')
    .select(['id', 'identifier', 'title', 'status'])
    .where('company_id', '=', task.company_id)
    .where('parent_id', '=', task.id)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(mostNamed)
    .execute()
}

async function readDocuments(db: Kysely<Database>, task: TaskTable) {
  const rows = await db
    .selectFrom('documents')
    .select(['id', 'key', 'title', 'revision', 'updated_at'])
    .where('company_id', '=', task.company_id)
    .where('task_id', '=', task.id)
    .where('revision', '>', 0)
    .orderBy('key')
    .limit(mostNamed)
    .execute()
  return rows.map(({ updated_at: updatedAt, ...row }) => ({ ...row, updatedAt }))
}
