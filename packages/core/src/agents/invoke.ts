import { z } from 'zod'

import { capMissing } from '../budgets/run-cap.ts'
import { writeComment } from '../comments/write.ts'
import { isExecuted } from '../kernel/adapters.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notInCompany, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { Run } from '../runs/schema.ts'
import { toRun } from '../runs/table.ts'
import { wake } from '../runs/wake.ts'
import { readCheckoutFacts } from '../tasks/checkout-facts.ts'
import { hindranceOf } from '../tasks/checkout-rules.ts'
import { TaskRef } from '../tasks/schema.ts'
import { lockCompanyTask } from '../tasks/sql.ts'
import { takeStartable } from '../tasks/startable.ts'
import type { TaskTable } from '../tasks/table.ts'
import { changeTask, moveTask, taskRef } from '../tasks/transition.ts'
import { requireAgent } from './change.ts'
import { findColleague } from './sql.ts'
import type { AgentTable } from './table.ts'

export const invoke = command({
  title: 'Start an agent now',
  description:
    'On the task that is named, or else on the most urgent one that it could take. What would keep it from checking that out is said as a checkout says it; an agent that is full starts it when it has room. A message becomes a comment on the task.',
  input: z.strictObject({
    agentId: Id,
    taskId: TaskRef.optional().describe('One of its own or of nobody, which is backlog, todo or blocked.'),
    message: z.string().trim().min(1).max(65_536).optional().describe('What it is told, as a comment of the caller; Markdown.'),
  }),
  output: Run,
  access: { scope: 'runs:control', company: 'agent' },
  http: ['POST', '/agents/:agentId/invoke'],
  creates: true,
  async handle(context, { agentId, taskId, message }) {
    const found = taskId === undefined ? await mostUrgent(context, agentId) : await namedTask(context, taskId)
    // Tasks are locked before agents.
    const agent = await requireAgent(context, agentId)
    await refuseUnstartable(context, { agent, task: found })
    const task = await opened(context, found)
    if (message !== undefined)
      await writeComment(context, { taskId: task.id, deliverableId: null, body: message, mentions: [], wakes: false })
    const run = await wake(context, { agent, task, reason: message === undefined ? 'manual' : 'message' })
    if (!run) throw ruleViolated(`The agent ${agent.name} is ${agent.status}, so nothing starts for it.`, { agentId })
    return toRun(run)
  },
})

async function namedTask(context: CommandContext, reference: string): Promise<TaskTable> {
  const { tx, companyId } = context
  const task = await lockCompanyTask(tx, { companyId, reference })
  if (!task) throw notInCompany({ field: 'taskId', entity: 'task', reference })
  return task
}

async function mostUrgent(context: CommandContext, agentId: string): Promise<TaskTable> {
  const { tx, companyId } = context
  const agent = await findColleague(tx, { companyId, agentId })
  const task = agent && (await takeStartable(tx, { companyId, agentId, capabilities: agent.capabilities }))
  if (task) return task
  const cure = 'Assign it a task that is todo, or name the task that it is to start.'
  throw ruleViolated(`The agent ${agent?.name ?? agentId} has nothing to start: no task of its own or of nobody is ready for it. ${cure}`, {
    agentId,
  })
}

/** Holds it to the rules of a checkout; an agent that has no room now starts it later. @throws what a checkout is refused with */
async function refuseUnstartable(context: CommandContext, { agent, task }: { agent: AgentTable; task: TaskTable }): Promise<void> {
  if (agent.execution_mode === 'human')
    throw ruleViolated(`${agent.name} is a person, whom Engine does not start. Assign them the task, or comment on it.`, {
      agentId: agent.id,
    })
  if (!isExecuted(agent.adapter_type))
    throw ruleViolated(`${agent.name} takes its work by itself, and Engine does not start it. Assign it the task, or comment on it.`, {
      agentId: agent.id,
    })
  const hindrance = hindranceOf(await readCheckoutFacts(context.tx, { task, agent, now: context.now }))
  const isFull = hindrance?.code === 'agent_unavailable' && agent.status === 'idle'
  if (hindrance && !isFull) throw hindrance
  const missing = await capMissing(context.tx, { task, agent, adapters: context.adapters, adapterType: agent.adapter_type })
  if (missing) throw missing
  if (!['backlog', 'todo', 'blocked'].includes(task.status))
    throw ruleViolated(`${task.identifier} is ${task.status}; only a task that is backlog, todo or blocked is started like this.`)
}

/** A task from which something may start. A checkout that read it before goes by its version: it must see the run that is queued. */
async function opened(context: CommandContext, task: TaskTable): Promise<TaskTable> {
  if (task.status !== 'todo') return moveTask(context, task, { to: 'todo', verb: 'update', reason: 'invoked' })
  const next = await changeTask(context, task, {})
  context.emit('task.updated', taskRef(next), { changed: ['queuedRun'] })
  return next
}
