import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { findTask } from '../tasks/sql.ts'
import { ownerId, requireOwner } from './owner.ts'
import { personOf, resolvePreferences } from './resolve.ts'
import { EffectivePreference, Preference, PreferenceScope, ScopeId } from './schema.ts'
import { locatedPreferences, preferencesFor, type Asked } from './sql.ts'
import { toPreference } from './table.ts'

export const get = query({
  title: 'Show one preference',
  input: z.strictObject({ preferenceId: Id }),
  output: Preference,
  access: { scope: 'preferences:read', company: 'preference' },
  http: ['GET', '/preferences/:preferenceId'],
  handle: async (context) => toPreference(locatedPreferences.of(context)),
})

export const list = query({
  title: 'List what was set, of everybody or of one scope',
  input: z.strictObject({
    companyId: Id,
    scope: PreferenceScope.optional(),
    scopeId: ScopeId.optional().describe('Whose; left out with a scope, the company itself, or you.'),
    ...pageInput,
  }),
  output: pageOf(Preference),
  access: { scope: 'preferences:read', company: 'company' },
  http: ['GET', '/companies/:companyId/preferences'],
  async handle(context, { scope, scopeId: named, cursor, limit }) {
    const { db, companyId } = context
    let rows = db.selectFrom('preferences').selectAll().where('company_id', '=', companyId)
    if (scope) {
      const scopeId = await requireOwner(db, { companyId, scope, scopeId: ownerId(context, { scope, scopeId: named }) })
      rows = rows.where('scope', '=', scope).where('scope_id', '=', scopeId)
    } else if (named !== undefined) throw unusable('scopeId', 'Say with scope what this is the id of.')
    return pageById(rows, { limit, cursor }, { item: toPreference })
  },
})

const ResolveInput = z.strictObject({
  companyId: Id,
  taskId: TaskRef.optional().describe('Brings its project, its agent and its person with it.'),
  projectId: Id.optional(),
  agentId: Id.optional().describe('Left out with a task, its assignee.'),
  userId: ScopeId.optional().describe('Left out with a task, the person who has it or else created it.'),
})

export const resolve = query({
  title: 'Show what counts, and where it comes from',
  description:
    'For each key the task decides, then the nearest task above it that says something, then the project, the agent, the person and the company. A value counts as a whole, objects are not merged, and null is a value.',
  input: ResolveInput,
  output: z.object({ preferences: z.array(EffectivePreference) }),
  access: { scope: 'preferences:read', company: 'company' },
  http: ['GET', '/companies/:companyId/preferences/resolve'],
  async handle(context, input) {
    return { preferences: resolvePreferences(await preferencesFor(context.db, await askedFor(context, input))) }
  },
})

/** @throws `invalid_input`, `rule_violated` naming what is not there */
async function askedFor({ db, companyId }: QueryContext, input: z.output<typeof ResolveInput>): Promise<Asked> {
  const { taskId, projectId, agentId, userId } = input
  if (taskId !== undefined && projectId !== undefined) throw unusable('projectId', 'A task brings its project with it; name one of both.')
  if (projectId !== undefined) await requireOwner(db, { companyId, scope: 'project', scopeId: projectId })
  if (agentId !== undefined) await requireOwner(db, { companyId, scope: 'agent', scopeId: agentId })
  const id = taskId === undefined ? null : await requireOwner(db, { companyId, scope: 'task', scopeId: taskId })
  const task = id === null ? null : await findTask(db, id)
  return {
    companyId,
    taskId: id ?? '',
    projectId: task?.project_id ?? projectId ?? '',
    agentId: agentId ?? task?.assignee_agent_id ?? '',
    userId: userId ?? (task && personOf(task)) ?? '',
  }
}

function unusable(path: string, message: string): EngineError {
  return new EngineError(kernelErrors.invalid_input, `${path}: ${message}`, { details: { errors: [{ path, message }] } })
}
