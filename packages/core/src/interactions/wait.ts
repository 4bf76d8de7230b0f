import type { CommandContext } from '../kernel/command.ts'
import { assertTransition } from '../kernel/transition.ts'
import type { AskRequest } from '../ports/ask-contract.ts'
import { suspendRun } from '../runs/suspend.ts'
import type { RunTable } from '../runs/table.ts'
import { taskMachine } from '../tasks/machine.ts'
import type { TaskTable } from '../tasks/table.ts'
import { moveTask } from '../tasks/transition.ts'
import { recordAsk } from './ask.ts'
import type { InteractionTable } from './table.ts'

interface Wait {
  readonly run: RunTable
  readonly task: TaskTable
  readonly request: AskRequest
}

/** A run asks and waits: its lease ends, its agent is free for other work, its task is blocked until the answer. */
export async function askAndWait(
  context: CommandContext,
  { run, task, request }: Wait,
): Promise<{ interaction: InteractionTable; run: RunTable }> {
  assertTransition(taskMachine, task.status, { to: 'blocked', verb: 'ask' })
  const interaction = await recordAsk(context, { task, request, waitingRun: run })
  const waiting = await suspendRun(context, run, { interactionId: interaction.id })
  await moveTask(context, task, {
    to: 'blocked',
    verb: 'ask',
    reason: `waits for an answer: ${shortened(interaction.prompt)}`,
    owner: interaction.answerer_user_id ?? interaction.answerer,
    changes: { is_asked: 1 },
  })
  return { interaction, run: waiting }
}

const mostOfPrompt = 200

function shortened(prompt: string): string {
  const [line = ''] = prompt.split('\n')
  return line.length > mostOfPrompt ? `${line.slice(0, mostOfPrompt).toWellFormed()}…` : line
}
