import { findColleague } from '../agents/sql.ts'
import { eventActor } from '../kernel/actor.ts'
import { assertNotArchived } from '../kernel/archive.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notInCompany, ruleViolated } from '../kernel/errors.ts'
import { isoTime } from '../ports/clock.ts'
import type { Ask, AskRequest } from '../ports/ask-contract.ts'
import type { RunTable } from '../runs/table.ts'
import { refuseTerminated } from '../tasks/assign.ts'
import { taskMachine } from '../tasks/machine.ts'
import { depthBelow } from '../tasks/surroundings.ts'
import type { TaskTable } from '../tasks/table.ts'
import { requireAnswerer } from './answerers.ts'
import { aboutInteraction, interactionRef } from './change.ts'
import { insertInteraction, pendingInteractions } from './sql.ts'
import type { InteractionTable } from './table.ts'

/** How many questions about one task may be open. */
const mostPending = 20
const soonestMs = 60_000
const latestMs = 30 * 86_400_000

interface Asking {
  readonly task: TaskTable
  readonly request: AskRequest
  /** The run that waits for the answer; null when nobody does. */
  readonly waitingRun: RunTable | null
}

/** Records what is asked; all that can be refused is refused before. The task, which the caller has locked, is the caller's to change. */
export async function recordAsk(context: CommandContext, { task, request, waitingRun }: Asking): Promise<InteractionTable> {
  if (taskMachine.isFinal(task.status)) throw ruleViolated(`${task.identifier} is ${task.status}; nobody is asked about it any more.`)
  const { ask } = request
  await assertNotArchived(context.tx, context.companyId)
  await refuseTooMany(context, task)
  await refuseUnacceptable(context, { ask, task })
  const asker = waitingRun ? { kind: 'agent' as const, id: waitingRun.agent_id, runId: waitingRun.id } : eventActor(context.actor)
  const row: InteractionTable = {
    id: context.newId(),
    company_id: context.companyId,
    task_id: task.id,
    run_id: asker.runId,
    kind: ask.kind,
    prompt: ask.prompt,
    ask: JSON.stringify(ask),
    status: 'pending',
    ...(await requireAnswerer(context, request.answerer)),
    waits: waitingRun ? 1 : 0,
    asked_by_kind: asker.kind,
    asked_by_id: asker.id,
    answer: null,
    answered_by_kind: null,
    answered_by_id: null,
    answered_at: null,
    expires_at: expiryOf(context, request),
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await insertInteraction(context.tx, row)
  const { answerer, answerer_user_id: userId, expires_at: expiresAt } = row
  const told = { answerer: userId ?? answerer, waits: waitingRun !== null, expiresAt }
  context.emit('interaction.asked', interactionRef(row), { ...aboutInteraction(row), ...told })
  return row
}

async function refuseTooMany({ tx, companyId }: CommandContext, task: TaskTable): Promise<void> {
  const pending = await pendingInteractions(tx, { companyId, taskId: task.id })
  if (pending.length < mostPending) return
  throw ruleViolated(
    `${task.identifier} has ${pending.length} open questions, and may have ${mostPending}. Wait for an answer, or cancel one.`,
    {
      taskId: task.id,
      pending: pending.length,
      most: mostPending,
    },
  )
}

/** A suggestion that nobody could accept is refused where its asker can still change it. */
async function refuseUnacceptable(context: CommandContext, { ask, task }: { ask: Ask; task: TaskTable }): Promise<void> {
  if (ask.kind !== 'suggested_tasks') return
  depthBelow(task)
  for (const { key, assigneeAgentId: agentId } of ask.tasks) {
    if (agentId === undefined) continue
    const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
    if (!agent) throw notInCompany({ field: `tasks, ${key}`, entity: 'agent', reference: agentId })
    refuseTerminated(agent)
  }
}

function expiryOf(context: CommandContext, { expiresAt, expiresInSec }: AskRequest): string | null {
  if (expiresAt !== undefined && expiresInSec !== undefined) throw ruleViolated('Say expiresAt or expiresInSec, not both.')
  const nowMs = context.clock.now()
  if (expiresInSec !== undefined) return isoTime(nowMs + expiresInSec * 1_000)
  if (expiresAt === undefined) return null
  const expiresMs = Date.parse(expiresAt)
  if (expiresMs >= nowMs + soonestMs && expiresMs <= nowMs + latestMs) return isoTime(expiresMs)
  throw ruleViolated('expiresAt: it must be 60 seconds to 30 days from now.', {
    earliest: isoTime(nowMs + soonestMs),
    latest: isoTime(nowMs + latestMs),
  })
}
