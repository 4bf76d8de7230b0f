import { eventActor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notFound } from '../kernel/errors.ts'
import { assertTransition } from '../kernel/transition.ts'
import { interactionMachine } from './machine.ts'
import type { InteractionAnswer, InteractionStatus } from './schema.ts'
import { changeInteraction, findInteraction, pendingInteractions } from './sql.ts'
import type { InteractionTable } from './table.ts'

export async function requireInteraction(context: CommandContext, interactionId: string): Promise<InteractionTable> {
  const row = await findInteraction(context.tx, interactionId)
  if (row?.company_id !== context.companyId) throw notFound('interaction', interactionId)
  return row
}

export interface Ending {
  readonly to: Exclude<InteractionStatus, 'pending'>
  readonly verb: 'answer' | 'accept' | 'reject' | 'cancel' | 'expire'
}

/** @throws `illegal_transition` saying who was first, and when */
export function assertPending(row: InteractionTable, { to, verb }: Ending): void {
  if (row.status === 'pending') return assertTransition(interactionMachine, row.status, { to, verb })
  const { status, answered_by_kind: kind, answered_by_id: id, answered_at: at } = row
  const by = kind === null ? '' : ` by ${kind} ${id}`
  throw new EngineError(kernelErrors.illegal_transition, `This interaction was ${status}${by} at ${at}; it ends once.`, {
    details: { from: status, to, verb, legal: [], answeredBy: kind === null ? null : { kind, id }, answeredAt: at },
  })
}

/** Ends an interaction, once; the event is the caller's. Who ends it is who acts; nobody for what ends by itself. */
export async function moveInteraction(
  context: CommandContext,
  row: InteractionTable,
  move: Ending & { answer: InteractionAnswer | null },
): Promise<InteractionTable> {
  assertPending(row, move)
  const { kind, id } = eventActor(context.actor)
  const next = await changeInteraction(context, row, {
    status: move.to,
    answer: move.answer && JSON.stringify(move.answer),
    ...(move.to !== 'expired' && { answered_by_kind: kind, answered_by_id: id }),
    answered_at: context.now,
  })
  return next
}

/** Cancels what was asked in vain: all that is pending about a task, or what one run asked. Whoever waits is the caller's to end. */
export async function withdrawInteractions(
  context: CommandContext,
  given: { taskId: string; runId?: string; reason: string },
): Promise<void> {
  const { taskId, runId, reason } = given
  for (const row of await pendingInteractions(context.tx, { companyId: context.companyId, taskId })) {
    if (runId === undefined || row.run_id === runId) await withdraw(context, row, reason)
  }
}

export async function withdraw(context: CommandContext, row: InteractionTable, reason: string): Promise<InteractionTable> {
  const next = await moveInteraction(context, row, { to: 'cancelled', verb: 'cancel', answer: { reason } })
  context.emit('interaction.cancelled', interactionRef(next), { ...aboutInteraction(next), reason })
  return next
}

export function interactionRef(row: InteractionTable) {
  return { type: 'interaction' as const, id: row.id, version: row.version }
}

export function aboutInteraction(row: InteractionTable) {
  return { kind: row.kind, taskId: row.task_id, runId: row.run_id }
}
