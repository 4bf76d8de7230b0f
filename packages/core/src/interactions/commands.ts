import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { askFields, type Ask, type AskRequest } from '../ports/ask-contract.ts'
import { requireRun } from '../runs/end.ts'
import { TaskRef } from '../tasks/schema.ts'
import type { TaskTable } from '../tasks/table.ts'
import { changeTask, requireTask, taskRef } from '../tasks/transition.ts'
import { createSuggested } from './accept.ts'
import { assertMayAnswer } from './answerers.ts'
import { recordAsk } from './ask.ts'
import { assertPending, requireInteraction, type Ending } from './change.ts'
import { answerInteraction, cancelInteraction, expireInteraction } from './end.ts'
import { problemOfAcceptance, problemOfAnswer, problemOfRejection } from './fit.ts'
import { answerFields, Interaction, Keys, Reason } from './schema.ts'
import { toInteraction, type InteractionTable } from './table.ts'
import { askAndWait } from './wait.ts'

export const ask = command({
  title: 'Ask a person about a task',
  description:
    'A question, a confirmation, suggested tasks, checkboxes or verdicts. A run may wait: its lease ends, its task is blocked, and exactly one answer lets the same run go on. Of nobody who waits, the agent of the task is woken by the answer.',
  input: z.strictObject({
    taskId: TaskRef,
    ...askFields,
    waits: z.boolean().default(false).describe('Whether the run that asks waits for the answer; only a run can.'),
  }),
  output: Interaction,
  access: { scope: 'interactions:ask', company: 'task' },
  http: ['POST', '/tasks/:taskId/interactions'],
  creates: true,
  async handle(context, { taskId, waits, ...request }) {
    const task = await requireTask(context, taskId)
    return toInteraction(waits ? await askAsRun(context, { task, request }) : await askAside(context, { task, request }))
  },
})

interface Asking {
  readonly task: TaskTable
  readonly request: AskRequest
}

async function askAsRun(context: CommandContext, { task, request }: Asking): Promise<InteractionTable> {
  if (context.actor.kind !== 'run')
    throw ruleViolated('waits: only a run waits for its answer. Ask with the credential of the run, or leave it out.')
  const run = await requireRun(context, context.actor.id)
  return (await askAndWait(context, { run, task, request })).interaction
}

/** Whoever asks goes on meanwhile. */
async function askAside(context: CommandContext, { task, request }: Asking): Promise<InteractionTable> {
  const row = await recordAsk(context, { task, request, waitingRun: null })
  if (task.is_asked === 1) return row
  const next = await changeTask(context, task, { is_asked: 1 })
  context.emit('task.updated', taskRef(next), { changed: ['interactions'] })
  return row
}

export const answer = command({
  title: 'Answer a question, checkboxes or verdicts',
  description: 'The first answer counts. It must fit what was asked.',
  input: z.strictObject({ interactionId: Id, ...answerFields }),
  output: Interaction,
  access: { scope: 'interactions:answer', company: 'interaction' },
  http: ['POST', '/interactions/:interactionId/answer'],
  async handle(context, { interactionId, ...given }) {
    const end = { to: 'answered', verb: 'answer' } as const
    const { row, asked } = await requireAnswerable(context, interactionId, end)
    refuse(problemOfAnswer(asked, given), row)
    return toInteraction(await answerInteraction(context, row, { ...end, answer: given }))
  },
})

export const accept = command({
  title: 'Accept what is asked for: confirm, or create the suggested tasks',
  description:
    'Suggested tasks are created below the task, all or those named by keys; whoever accepts them needs the right to create tasks.',
  input: z.strictObject({ interactionId: Id, keys: Keys.optional().describe('Which of the suggested tasks; all when left out.') }),
  output: Interaction,
  access: { scope: 'interactions:answer', company: 'interaction' },
  http: ['POST', '/interactions/:interactionId/accept'],
  async handle(context, { interactionId, keys }) {
    const end = { to: 'accepted', verb: 'accept' } as const
    const { row, asked } = await requireAnswerable(context, interactionId, end)
    refuse(problemOfAcceptance(asked, keys), row)
    const created = asked.kind === 'suggested_tasks' ? await createSuggested(context, row, { ask: asked, keys }) : {}
    return toInteraction(await answerInteraction(context, row, { ...end, answer: created }))
  },
})

export const reject = command({
  title: 'Reject a confirmation or suggested tasks',
  input: z.strictObject({ interactionId: Id, reason: Reason.optional() }),
  output: Interaction,
  access: { scope: 'interactions:answer', company: 'interaction' },
  http: ['POST', '/interactions/:interactionId/reject'],
  async handle(context, { interactionId, reason }) {
    const end = { to: 'rejected', verb: 'reject' } as const
    const { row, asked } = await requireAnswerable(context, interactionId, end)
    refuse(problemOfRejection(asked), row)
    return toInteraction(await answerInteraction(context, row, { ...end, answer: reason === undefined ? {} : { reason } }))
  },
})

export const cancel = command({
  title: 'Take a question back',
  description: 'Agents take back what they asked themselves, operators anything. A run that waits for it goes on without an answer.',
  input: z.strictObject({ interactionId: Id, reason: Reason.default('cancelled') }),
  output: Interaction,
  access: { scope: 'interactions:ask', company: 'interaction' },
  http: ['POST', '/interactions/:interactionId/cancel'],
  async handle(context, { interactionId, reason }) {
    const row = await requireInteraction(context, interactionId)
    const { actor } = context
    const isForeign = actor.kind === 'run' && (row.asked_by_kind !== 'agent' || row.asked_by_id !== actor.agentId)
    if (isForeign)
      throw new EngineError(kernelErrors.forbidden, 'A run may take back only what its own agent asked.', {
        details: { askedBy: row.asked_by_id },
      })
    return toInteraction(await cancelInteraction(context, row, reason))
  },
})

export const expire = command({
  title: 'End questions that nobody answered in time',
  input: z.strictObject({ companyId: Id, interactionIds: z.array(Id).min(1).max(100) }),
  output: z.object({ expired: z.number().int() }),
  access: { scope: 'engine:internal', company: 'company' },
  async handle(context, { interactionIds }) {
    let expired = 0
    for (const interactionId of interactionIds) {
      const row = await requireInteraction(context, interactionId)
      // It may have been answered since it was seen.
      if (row.status !== 'pending' || row.expires_at === null || row.expires_at > context.now) continue
      await expireInteraction(context, row)
      expired += 1
    }
    if (expired === 0) context.unchanged()
    return { expired }
  },
})

/** What this actor may end in this way, with what was asked. */
async function requireAnswerable(
  context: CommandContext,
  interactionId: string,
  end: Ending,
): Promise<{ row: InteractionTable; asked: Ask }> {
  const row = await requireInteraction(context, interactionId)
  assertMayAnswer(context, row)
  assertPending(row, end)
  return { row, asked: JSON.parse(row.ask) }
}

function refuse(problem: string | null, row: InteractionTable): void {
  if (problem !== null) throw ruleViolated(problem, { interactionId: row.id, kind: row.kind })
}
