import { z } from 'zod'

import { requireAtWork } from '../agents/change.ts'
import { findGoal } from '../goals/sql.ts'
import { assertVersion, changedFields, fieldNames, otherThan } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, notInCompany } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { noteSecretsOfEnv, refuseEnv, showsEnv } from './env.ts'
import { projectMachine } from './machine.ts'
import { Project, ProjectInput, ProjectStatus } from './schema.ts'
import { changeProject, findProject } from './sql.ts'
import { toProject, type ProjectTable } from './table.ts'

export const create = command({
  title: 'Begin a project',
  input: z.strictObject({
    companyId: Id,
    status: ProjectStatus.extract(['backlog', 'planned', 'in_progress']).default('backlog'),
    ...ProjectInput,
  }),
  output: Project,
  access: { scope: 'projects:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/projects'],
  creates: true,
  async handle(context, input) {
    refuseEnv(context, input.env)
    await requireSurroundings(context, input)
    const row: ProjectTable = {
      id: context.newId(),
      company_id: context.companyId,
      goal_id: input.goalId ?? null,
      lead_agent_id: input.leadAgentId ?? null,
      default_agent_id: input.defaultAgentId ?? null,
      name: input.name,
      description: input.description ?? null,
      status: input.status,
      target_date: input.targetDate ?? null,
      env: JSON.stringify(input.env ?? {}),
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('projects').values(row).execute()
    await noteSecretsOfEnv(context, row, input.env)
    context.emit('project.created', ref(row), { name: row.name, status: row.status })
    return toProject(row, { showsEnv: showsEnv(context) })
  },
})

export const update = command({
  title: 'Change a project or its status',
  input: z.strictObject({
    projectId: Id,
    version: z.number().int().optional(),
    status: ProjectStatus.optional(),
    ...z.object(ProjectInput).partial().shape,
  }),
  output: Project,
  access: { scope: 'projects:manage', company: 'project' },
  http: ['PATCH', '/projects/:projectId'],
  async handle(context, input) {
    refuseEnv(context, input.env)
    const project = await findProject(context.tx, input.projectId)
    if (!project) throw notFound('project', input.projectId)
    assertVersion('project', project, input.version)
    const { name, description, status } = input
    if (status && status !== project.status) assertTransition(projectMachine, project.status, { to: status, verb: 'update' })
    await requireSurroundings(context, {
      goalId: otherThan(project.goal_id, input.goalId),
      leadAgentId: otherThan(project.lead_agent_id, input.leadAgentId),
      defaultAgentId: otherThan(project.default_agent_id, input.defaultAgentId),
    })
    const changes = changedFields({
      name,
      description,
      status,
      goal_id: input.goalId,
      lead_agent_id: input.leadAgentId,
      default_agent_id: input.defaultAgentId,
      target_date: input.targetDate,
      env: input.env && JSON.stringify(input.env),
    })
    const next = await changeProject(context, project, changes)
    await noteSecretsOfEnv(context, next, input.env)
    context.emit('project.updated', ref(next), { changed: fieldNames(changes) })
    if (next.status !== project.status) context.emit('project.status_changed', ref(next), { from: project.status, to: next.status })
    if (input.defaultAgentId) await rerouteWaiting(context)
    return toProject(next, { showsEnv: showsEnv(context) })
  },
})

interface Surroundings {
  readonly goalId?: string | null | undefined
  readonly leadAgentId?: string | null | undefined
  readonly defaultAgentId?: string | null | undefined
}

/** @throws `rule_violated` when the project would refer to what is not there */
async function requireSurroundings(context: CommandContext, given: Surroundings): Promise<void> {
  const { goalId, leadAgentId, defaultAgentId } = given
  if (goalId && (await findGoal(context.tx, goalId))?.company_id !== context.companyId)
    throw notInCompany({ field: 'goalId', entity: 'goal', reference: goalId })
  if (leadAgentId) await requireAtWork(context, { field: 'leadAgentId', agentId: leadAgentId })
  if (defaultAgentId) await requireAtWork(context, { field: 'defaultAgentId', agentId: defaultAgentId })
}

function ref(project: ProjectTable) {
  return { type: 'project' as const, id: project.id, version: project.version }
}
