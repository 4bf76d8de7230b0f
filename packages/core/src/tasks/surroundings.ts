import { lockAgent } from '../agents/sql.ts'
import { findGoal } from '../goals/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notInCompany, ruleViolated } from '../kernel/errors.ts'
import { requireProject } from '../projects/sql.ts'
import type { ProjectTable } from '../projects/table.ts'
import { findSprint } from '../sprints/sql.ts'
import type { SprintTable } from '../sprints/table.ts'
import { refuseTerminated } from './assign.ts'
import { requireTasks } from './blockers.ts'
import { holdAbove } from './hold-rules.ts'
import { requireLabels } from './labels.ts'
import { requireAssignablePerson } from './people.ts'
import { deepestRequest, type NewTask } from './schema.ts'
import { findTaskOfRun, shareCompanyTask } from './sql.ts'
import type { TaskTable } from './table.ts'

/** What a new task refers to, found and locked, and what it has from there. */
export interface Surroundings {
  readonly blockers: readonly TaskTable[]
  readonly labelIds: readonly string[]
  readonly columns: Pick<
    TaskTable,
    'parent_id' | 'goal_id' | 'project_id' | 'sprint_id' | 'request_depth' | 'held_by_task_id' | 'is_labelled'
  >
}

/**
 * Locks all that new tasks refer to before the first of them takes a number: tasks before agents, each in one order, so that no
 * two commands wait for each other. What is not there is refused when its task is created.
 */
export async function lockSurroundings(context: CommandContext, wishes: readonly NewTask[]): Promise<void> {
  const tasks = wishes.flatMap((wish) => [...(wish.blockedBy ?? []), ...(wish.parentId ? [wish.parentId] : [])])
  const agents = wishes.flatMap((wish) => [wish.assigneeAgentId, wish.preferredAgentId].filter((id) => typeof id === 'string'))
  for (const reference of new Set(tasks.toSorted())) await shareCompanyTask(context.tx, { companyId: context.companyId, reference })
  for (const id of new Set(agents.toSorted())) await lockAgent(context.tx, id)
}

/** Finds what a new task refers to. @throws `rule_violated` naming what is not there, or does not fit */
export async function findSurroundings(context: CommandContext, wish: NewTask): Promise<Surroundings> {
  const asked = await depthForRun(context)
  const [parent = null] = wish.parentId ? await requireTasks(context, [wish.parentId], 'parentId') : []
  const blockers = await requireTasks(context, wish.blockedBy ?? [])
  await requirePeople(context, wish)
  await requireGoal(context, wish.goalId)
  const place = await requirePlace(context, { ...wish, projectId: wish.projectId === undefined ? parent?.project_id : wish.projectId })
  const labelIds = await requireLabels(context, wish.labels ?? [])
  const columns = {
    ...place,
    parent_id: parent?.id ?? null,
    goal_id: wish.goalId ?? parent?.goal_id ?? null,
    request_depth: Math.max(asked, depthBelow(parent)),
    held_by_task_id: parent && (await holdAbove(context, parent)),
    is_labelled: labelIds.length > 0 ? 1 : 0,
  }
  return { blockers, labelIds, columns }
}

async function requirePeople(context: CommandContext, wish: NewTask): Promise<void> {
  if (wish.assigneeAgentId && wish.assigneeUserId)
    throw ruleViolated('A task has one assignee: say assigneeAgentId or assigneeUserId, not both.')
  for (const [field, agentId] of [
    ['assigneeAgentId', wish.assigneeAgentId],
    ['preferredAgentId', wish.preferredAgentId],
  ] as const) {
    if (!agentId) continue
    const agent = await lockAgent(context.tx, agentId)
    if (agent?.company_id !== context.companyId) throw notInCompany({ field, entity: 'agent', reference: agentId })
    if (field === 'assigneeAgentId') refuseTerminated(agent)
  }
  if (wish.assigneeUserId) await requireAssignablePerson(context, wish.assigneeUserId)
}

export async function requireGoal(context: CommandContext, goalId: string | null | undefined): Promise<void> {
  if (goalId && (await findGoal(context.tx, goalId))?.company_id !== context.companyId)
    throw notInCompany({ field: 'goalId', entity: 'goal', reference: goalId })
}

/**
 * How far down a task is for whom it is that asks: a run is at work on a request itself, and what it asks for is one further, wherever
 * it puts it. @throws `rule_violated` where that is too far
 */
async function depthForRun({ tx, actor }: CommandContext): Promise<number> {
  if (actor.kind !== 'run') return 0
  const own = await findTaskOfRun(tx, { task_id: actor.taskId })
  const depth = own ? own.request_depth + 1 : 0
  if (depth <= deepestRequest) return depth
  throw ruleViolated(
    `This run works on ${own?.identifier}, which is ${deepestRequest} requests down, and asks for nothing more. Put the rest into the result, or leave it to a person.`,
    { requestDepth: depth, most: deepestRequest },
  )
}

/** How far down a task below this one is asked for. @throws `rule_violated` where that is too far */
export function depthBelow(parent: TaskTable | null): number {
  const depth = parent ? parent.request_depth + 1 : 0
  if (depth <= deepestRequest) return depth
  throw ruleViolated(
    `${parent?.identifier} is ${deepestRequest} requests down already, and nothing can be asked for below it. Put the task further up.`,
    { requestDepth: depth, most: deepestRequest },
  )
}

interface Place {
  readonly projectId?: string | null | undefined
  readonly sprintId?: string | null | undefined
}

/** Where a task is already: it may stay in a project or a sprint that has ended. */
type Present = Pick<TaskTable, 'project_id' | 'sprint_id'>
const nowhere: Present = { project_id: null, sprint_id: null }

/**
 * The project and the sprint of a task; a sprint of a project brings that project with it.
 * @throws `rule_violated` also for one that has ended, unless the task is in it
 */
export async function requirePlace(context: CommandContext, place: Place, present: Present = nowhere): Promise<Present> {
  const named = place.projectId ? await requireProject(context, place.projectId) : null
  const sprint = place.sprintId ? await requireSprint(context, place.sprintId) : null
  if (sprint && sprint.project_id !== null && named && named.id !== sprint.project_id)
    throw ruleViolated(`The sprint ${sprint.name} is of another project; name that one, or leave the sprint out.`, {
      sprintId: sprint.id,
      projectId: sprint.project_id,
    })
  const project = named ?? (sprint?.project_id ? await requireProject(context, sprint.project_id) : null)
  if (project && project.id !== present.project_id) refuseEnded(project, { kind: 'project', isFinal: project.status === 'cancelled' })
  if (sprint && sprint.id !== present.sprint_id) refuseEnded(sprint, { kind: 'sprint', isFinal: true })
  return { project_id: project?.id ?? null, sprint_id: sprint?.id ?? null }
}

async function requireSprint(context: CommandContext, sprintId: string): Promise<SprintTable> {
  const sprint = await findSprint(context.tx, sprintId)
  if (sprint?.company_id === context.companyId) return sprint
  throw notInCompany({ field: 'sprintId', entity: 'sprint', reference: sprintId })
}

/** What has ended takes no new tasks; those that are in it stay. */
function refuseEnded(place: ProjectTable | SprintTable, { kind, isFinal }: { kind: 'project' | 'sprint'; isFinal: boolean }): void {
  const { id, name, status } = place
  if (status !== 'completed' && status !== 'cancelled') return
  const reopen = isFinal ? '' : `Take it up again by ${kind}s.update with the status in_progress, or name`
  const advice = `${reopen === '' ? 'Name' : reopen} another ${kind}Id, or null for none.`
  throw ruleViolated(`The ${kind} ${name} is ${status} and takes no new tasks. ${advice}`, { [`${kind}Id`]: id, status })
}
