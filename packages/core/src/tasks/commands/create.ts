import { z } from 'zod'

import { takeTaskNumber } from '../../companies/sql.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { notFound, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { assignByRouting, assignTask } from '../assign.ts'
import { requireTasks, setBlockers } from '../blockers.ts'
import { Task, TaskInput, priorityRank } from '../schema.ts'
import { toTask, type TaskTable } from '../table.ts'
import { requireTask, taskRef } from '../transition.ts'

const CreateInput = z.strictObject({
  companyId: Id,
  status: z.enum(['backlog', 'todo']).default('todo'),
  assigneeAgentId: Id.optional().describe('Left out, the task is routed by preferredAgentId and requiredCapabilities when it names any.'),
  ...TaskInput,
})

export const create = command({
  title: 'Create a task',
  description: 'An assigned or routed task that is ready wakes its agent at once.',
  input: CreateInput,
  output: Task,
  access: { scope: 'tasks:create', company: 'company' },
  http: ['POST', '/companies/:companyId/tasks'],
  creates: true,
  locks: 'rows',
  async handle(context, input) {
    const parent = input.parentId ? await requireTask(context, input.parentId) : null
    const row = await buildTask(context, { ...input, parentId: parent?.id ?? null, goalId: input.goalId ?? parent?.goal_id ?? null })
    await context.tx.insertInto('tasks').values(row).execute()
    const blockers = await requireTasks(context, input.blockedBy ?? [])
    await setBlockers(context, row, blockers)
    context.emit('task.created', taskRef(row), {
      identifier: row.identifier,
      title: row.title,
      status: row.status,
      blockedBy: blockers.map((blocker) => blocker.id),
    })
    return toTask(await giveToSomebody(context, row, input.assigneeAgentId))
  },
})

async function giveToSomebody(context: CommandContext, row: TaskTable, assigneeAgentId: string | undefined): Promise<TaskTable> {
  if (assigneeAgentId) return assignTask(context, row, { agentId: assigneeAgentId, reason: 'named at creation' })
  const wantsRouting = row.preferred_agent_id !== null || row.required_capabilities !== '[]'
  return wantsRouting ? assignByRouting(context, row) : row
}

async function buildTask(context: CommandContext, input: z.output<typeof CreateInput>): Promise<TaskTable> {
  const taken = await takeTaskNumber(context.tx, { companyId: context.companyId, now: context.now })
  if (!taken) throw notFound('company', context.companyId)
  if (taken.status === 'archived') throw ruleViolated('The company is archived; nothing new is created in it.')
  return {
    id: context.newId(),
    company_id: context.companyId,
    identifier: `${taken.task_prefix}-${taken.task_counter}`,
    title: input.title,
    description: input.description ?? null,
    status: input.status,
    priority: priorityRank(input.priority ?? 'medium'),
    goal_id: input.goalId ?? null,
    parent_id: input.parentId ?? null,
    assignee_agent_id: null,
    preferred_agent_id: input.preferredAgentId ?? null,
    required_capabilities: JSON.stringify(input.requiredCapabilities ?? []),
    tags: JSON.stringify(input.tags ?? []),
    acceptance_criteria: JSON.stringify(input.acceptanceCriteria ?? []),
    context: JSON.stringify(input.context ?? {}),
    max_attempts: input.maxAttempts ?? 3,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
    ...unstarted,
  }
}

const unstarted = {
  blocked_reason: null,
  blocked_owner: null,
  progress_percent: 0,
  progress_message: null,
  fence: 0,
  checkout_run_id: null,
  checkout_agent_id: null,
  checkout_at: null,
  started_at: null,
  completed_at: null,
  cancelled_at: null,
}
