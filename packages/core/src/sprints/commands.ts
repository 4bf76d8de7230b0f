import { z } from 'zod'

import { assertVersion, changedFields, fieldNames, otherThan } from '../kernel/change.ts'
import { command } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { progressOf } from '../projects/progress.ts'
import { requireProject } from '../projects/sql.ts'
import { sprintMachine } from './machine.ts'
import { Sprint, SprintInput, SprintStatus } from './schema.ts'
import { changeSprint, countTasksOfSprint, findSprint } from './sql.ts'
import { toSprint, type SprintTable } from './table.ts'

export const create = command({
  title: 'Plan a sprint',
  input: z.strictObject({ companyId: Id, ...SprintInput }),
  output: Sprint,
  access: { scope: 'projects:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/sprints'],
  creates: true,
  async handle(context, input) {
    if (input.projectId) await requireProject(context, input.projectId)
    const row: SprintTable = {
      id: context.newId(),
      company_id: context.companyId,
      project_id: input.projectId ?? null,
      name: input.name,
      goal: input.goal ?? null,
      status: 'planning',
      starts_on: input.startsOn ?? null,
      ends_on: input.endsOn ?? null,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    refuseBackwards(row)
    await context.tx.insertInto('sprints').values(row).execute()
    context.emit('sprint.created', ref(row), { name: row.name, projectId: row.project_id })
    return toSprint(row)
  },
})

export const update = command({
  title: 'Change a sprint or its status',
  description: 'Ending a sprint leaves its open tasks in it; the event says how many there were.',
  input: z.strictObject({
    sprintId: Id,
    version: z.number().int().optional(),
    status: SprintStatus.optional(),
    ...z.object(SprintInput).partial().shape,
  }),
  output: Sprint,
  access: { scope: 'projects:manage', company: 'sprint' },
  http: ['PATCH', '/sprints/:sprintId'],
  async handle(context, input) {
    const sprint = await findSprint(context.tx, input.sprintId)
    if (!sprint) throw notFound('sprint', input.sprintId)
    assertVersion('sprint', sprint, input.version)
    const { name, goal, status } = input
    if (status && status !== sprint.status) assertTransition(sprintMachine, sprint.status, { to: status, verb: 'update' })
    const projectId = otherThan(sprint.project_id, input.projectId)
    if (projectId) await requireProject(context, projectId)
    const dates = { starts_on: input.startsOn, ends_on: input.endsOn }
    const changes = changedFields({ name, goal, status, project_id: input.projectId, ...dates })
    refuseBackwards({ ...sprint, ...changes })
    const next = await changeSprint(context, sprint, changes)
    context.emit('sprint.updated', ref(next), { projectId: next.project_id, changed: fieldNames(changes) })
    if (next.status !== sprint.status) {
      const scope = { companyId: context.companyId, sprintId: sprint.id }
      const { total, done, cancelled } = progressOf(await countTasksOfSprint(context.tx, scope))
      const openTasks = total - done - cancelled
      context.emit('sprint.status_changed', ref(next), { projectId: next.project_id, from: sprint.status, to: next.status, openTasks })
    }
    return toSprint(next)
  },
})

function refuseBackwards(sprint: Pick<SprintTable, 'starts_on' | 'ends_on'>): void {
  const { starts_on: startsOn, ends_on: endsOn } = sprint
  if (startsOn === null || endsOn === null || startsOn <= endsOn) return
  throw ruleViolated(`A sprint can not end (${endsOn}) before it starts (${startsOn}).`, { startsOn, endsOn })
}

function ref(sprint: SprintTable) {
  return { type: 'sprint' as const, id: sprint.id, version: sprint.version }
}
