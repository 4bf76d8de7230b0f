import { findColleague } from '../agents/sql.ts'
import type { AgentTable } from '../agents/table.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notInCompany, ruleViolated } from '../kernel/errors.ts'
import { routeTask } from '../routing/route.ts'
import type { RoutingStep } from '../routing/schema.ts'
import { cancelAndRelease } from '../runs/cancel.ts'
import { cancelQueuedRuns } from '../runs/end.ts'
import { findWaitingRun } from '../runs/sql.ts'
import type { WakeReason } from '../runs/schema.ts'
import { requireAssignablePerson } from './people.ts'
import type { TaskTable } from './table.ts'
import { changeTask, requireTask, taskRef, wakeIfReady } from './transition.ts'

interface Assignment {
  readonly agentId: string | null
  /** The person who gets it instead of an agent. */
  readonly userId?: string
  readonly reason: string
  /** Which step of routing chose, and the rule if it was one. */
  readonly step?: RoutingStep
  readonly ruleId?: string
  /** What wakes the agent; the assignment, when left out. */
  readonly wakes?: WakeReason
}

/** Gives a task to an agent, to a person, or to nobody; runs queued for others are cancelled, the new assignee is woken. */
export async function assignTask(context: CommandContext, task: TaskTable, assignment: Assignment): Promise<TaskTable> {
  const { wakes = 'assignment', ...given } = assignment
  const agent = given.agentId === null ? null : await requireAssignable(context, given.agentId)
  if (given.userId !== undefined) await requireAssignablePerson(context, given.userId)
  const next = await changeTask(context, task, { assignee_agent_id: given.agentId, assignee_user_id: given.userId ?? null })
  context.emit('task.assigned', taskRef(next), given)
  await cancelQueuedRuns(context, { taskId: task.id, reason: 'task_reassigned', exceptAgentId: given.agentId })
  const free = await takeFromWaiting(context, next)
  if (agent) await wakeIfReady(context, { agent, task: free, reason: wakes })
  return free
}

/** The run of another agent that waits for an answer does so in vain: it is cancelled with its questions, and the task can start. */
async function takeFromWaiting(context: CommandContext, task: TaskTable): Promise<TaskTable> {
  if (task.is_asked === 0 || task.status !== 'blocked') return task
  const waiting = await findWaitingRun(context.tx, { companyId: context.companyId, taskId: task.id })
  if (!waiting || waiting.agent_id === task.assignee_agent_id) return task
  await cancelAndRelease(context, waiting, { verb: 'cancel', reason: 'task_reassigned' })
  return requireTask(context, task.id)
}

/** Routes a task; where nobody fits it stays as it is and says why in an event. */
export async function assignByRouting(context: CommandContext, task: TaskTable, wakes: WakeReason = 'assignment'): Promise<TaskTable> {
  const decision = await routeTask(context, task)
  const { agentId, reason, step, ruleId } = decision
  if (agentId !== null) return assignTask(context, task, { agentId, reason, step, wakes, ...(ruleId !== null && { ruleId }) })
  context.emit('task.routing_failed', taskRef(task), { reason })
  return task
}

async function requireAssignable(context: CommandContext, agentId: string): Promise<AgentTable> {
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
  if (!agent) throw notInCompany({ field: 'agentId', entity: 'agent', reference: agentId })
  refuseTerminated(agent)
  return agent
}

export function refuseTerminated(agent: AgentTable): void {
  if (agent.status === 'terminated') throw ruleViolated(`The agent ${agent.name} is terminated and takes no tasks.`, { agentId: agent.id })
}
