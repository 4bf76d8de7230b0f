import type { CommandContext } from '../kernel/command.ts'
import { requireRun } from '../runs/end.ts'
import { resumeRun } from '../runs/suspend.ts'
import { moveTask, requireTask, wakeWorker } from '../tasks/transition.ts'
import { aboutInteraction, interactionRef, moveInteraction, withdraw, type Ending } from './change.ts'
import type { InteractionAnswer } from './schema.ts'
import type { InteractionTable } from './table.ts'

/** Ends an interaction by a person's answer; the run that waits for it goes on, and where none does its task's agent is woken. */
export async function answerInteraction(
  context: CommandContext,
  row: InteractionTable,
  given: Ending & { to: 'answered' | 'accepted' | 'rejected'; answer: InteractionAnswer },
): Promise<InteractionTable> {
  const next = await moveInteraction(context, row, given)
  const inPlaceOf = next.answered_by_id === next.answerer_user_id ? null : next.answerer_user_id
  context.emit('interaction.answered', interactionRef(next), { ...aboutInteraction(next), status: given.to, inPlaceOf })
  await goOn(context, next, { wakes: true })
  return next
}

/** Ends one that nobody answered in time. */
export async function expireInteraction(context: CommandContext, row: InteractionTable): Promise<void> {
  const next = await moveInteraction(context, row, { to: 'expired', verb: 'expire', answer: null })
  const expiresAt = next.expires_at ?? context.now
  context.emit('interaction.expired', interactionRef(next), { ...aboutInteraction(next), expiresAt })
  await goOn(context, next, { wakes: true })
}

/** Takes a question back. An agent that does so knows it already, and is not woken for it. */
export async function cancelInteraction(context: CommandContext, row: InteractionTable, reason: string): Promise<InteractionTable> {
  const next = await withdraw(context, row, reason)
  const isAsker = context.actor.kind === 'agent' || context.actor.kind === 'run'
  await goOn(context, next, { wakes: !isAsker })
  return next
}

async function goOn(context: CommandContext, row: InteractionTable, { wakes }: { wakes: boolean }): Promise<void> {
  const task = await requireTask(context, row.task_id)
  if (row.waits === 0 || row.run_id === null) {
    if (wakes) await wakeWorker(context, task, 'answer')
    return
  }
  const run = await requireRun(context, row.run_id)
  const free = await moveTask(context, task, { to: 'todo', verb: 'answer', reason: `interaction_${row.status}` })
  await resumeRun(context, run, { priority: free.priority })
}
