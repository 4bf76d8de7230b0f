import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { cancelSubtree as cancelAll, holdSubtree, resumeSubtree as resumeAll } from '../hold.ts'
import { showTask } from '../labels.ts'
import { Task, TaskRef } from '../schema.ts'
import type { TaskTable } from '../table.ts'
import { requireTask } from '../transition.ts'

const shared = {
  input: z.strictObject({ taskId: TaskRef, reason: z.string().trim().min(1).max(2_000).optional() }),
  output: z.object({ task: Task, changed: z.number().int().describe('How many tasks this changed; 0 when there was nothing to do.') }),
  access: { scope: 'tasks:plan', company: 'task' },
} as const

type Act = (context: CommandContext, given: { root: TaskTable; reason: string | null }) => Promise<number>

async function onSubtree(context: CommandContext, input: { taskId: string; reason?: string | undefined }, act: Act) {
  const root = await requireTask(context, input.taskId)
  const changed = await act(context, { root, reason: input.reason ?? null })
  if (changed === 0) context.unchanged()
  return { task: await showTask(context.tx, await requireTask(context, root.id)), changed }
}

export const pauseSubtree = command({
  ...shared,
  title: 'Hold a task and all below it',
  description:
    'Live runs in it are cancelled first and give their tasks back. Nothing in it starts until it is resumed; tasks created below a held one are held too.',
  http: ['POST', '/tasks/:taskId/pause-subtree'],
  handle: (context, input) => onSubtree(context, input, holdSubtree),
})

export const resumeSubtree = command({
  ...shared,
  title: 'Let a held task and all below it go on',
  description: 'What may start is woken. A part that was held for itself, or by a task further up, stays held.',
  http: ['POST', '/tasks/:taskId/resume-subtree'],
  handle: (context, input) => onSubtree(context, input, resumeAll),
})

export const cancelSubtree = command({
  ...shared,
  title: 'Cancel a task and all open ones below it, from the bottom up',
  http: ['POST', '/tasks/:taskId/cancel-subtree'],
  handle: (context, input) => onSubtree(context, input, cancelAll),
})
