import type { z } from 'zod'

import { findColleague } from '../agents/sql.ts'
import { writeComment } from '../comments/write.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, ruleViolated } from '../kernel/errors.ts'
import { parseInput } from '../kernel/input.ts'
import { wake } from '../runs/wake.ts'
import { createTask } from '../tasks/create.ts'
import { NewTask } from '../tasks/schema.ts'
import { lockSurroundings } from '../tasks/surroundings.ts'
import type { TaskTable } from '../tasks/table.ts'
import { requireTask, wakeAssignee } from '../tasks/transition.ts'
import { aboutRoutine, moveRoutine, routineRef } from './change.ts'
import type { FireSource, Values } from './schema.ts'
import { insertFire, noteFailures, noteFired, openTaskOf } from './sql.ts'
import { toTemplate, type RoutineFireTable, type RoutineTable, type RoutineTriggerTable } from './table.ts'
import { render } from './template.ts'
import { asTexts } from './variables.ts'

/** How many fires in a row may fail before the routine is paused. */
const mostFailures = 10

export interface Firing {
  readonly routine: RoutineTable
  /** Null when somebody fires it by a call. */
  readonly trigger: RoutineTriggerTable | null
  readonly source: FireSource
  readonly scheduledFor?: string
  readonly deliveryId?: string | null
  /** Gives the values of its variables; what it throws makes the fire fail. */
  values(): Values
}

interface Outcome extends Pick<RoutineFireTable, 'status' | 'reason' | 'task_id'> {
  readonly code?: string
}

/** Fires an active routine: makes its task, or says why not. Only what may be refused for good makes a fire fail; anything else throws. */
export async function fireRoutine(context: CommandContext, firing: Firing): Promise<RoutineFireTable> {
  const { routine, trigger, source } = firing
  const fireId = context.newId()
  let values: Values = {}
  const outcome = await orFailure(async () => {
    values = firing.values()
    return act(context, firing, { fireId, values })
  })
  const row: RoutineFireTable = {
    id: fireId,
    company_id: context.companyId,
    routine_id: routine.id,
    trigger_id: trigger?.id ?? null,
    source,
    scheduled_for: firing.scheduledFor ?? null,
    delivery_id: firing.deliveryId ?? null,
    status: outcome.status,
    reason: outcome.reason,
    task_id: outcome.task_id,
    variables: JSON.stringify(values),
    created_at: context.now,
  }
  await insertFire(context.tx, row)
  if (trigger) await noteFired(context.tx, trigger, context.now)
  await tell(context, firing, { row, code: outcome.code ?? null })
  return row
}

/** Counts failures in a row, says what happened, and pauses a routine that only fails. */
async function tell(
  context: CommandContext,
  { routine }: Firing,
  { row, code }: { row: RoutineFireTable; code: string | null },
): Promise<void> {
  const { id: fireId, source, trigger_id: triggerId, scheduled_for: scheduledFor, status, reason, task_id: taskId } = row
  const about = { ...aboutRoutine(routine), fireId, source, triggerId, scheduledFor }
  const failures = status === 'failed' ? routine.failures + 1 : 0
  if (failures !== routine.failures) await noteFailures(context.tx, routine, failures)
  if (status !== 'failed') return context.emit('routine.fired', routineRef(routine), { ...about, status, taskId })
  context.emit('routine.fire_failed', routineRef(routine), { ...about, code: code ?? '', reason: reason ?? '', failures })
  if (failures < mostFailures) return
  await moveRoutine(context, routine, { to: 'paused', verb: 'fire', reason: `${failures} fires in a row failed; the last one: ${reason}` })
}

async function orFailure(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { status: 'failed', reason: error.message.slice(0, 2_000), task_id: null, code: error.code }
  }
}

/** Whether it would be refused again for the same reason; what the database says, or somebody else's change, would not. */
function isRefusal(error: unknown): error is EngineError {
  if (!EngineError.isInstance(error) || error.cause !== undefined) return false
  return ['invalid', 'rule', 'missing'].includes(error.kind) || (error.kind === 'conflict' && error.code !== 'changed_meanwhile')
}

interface Made {
  readonly fireId: string
  readonly values: Values
}

async function act(context: CommandContext, firing: Firing, made: Made): Promise<Outcome> {
  const { routine } = firing
  const open = routine.concurrency === 'always' ? null : await openTaskOf(context.tx, routine)
  if (!open) return { status: 'created', reason: null, task_id: (await makeTask(context, firing, made)).id }
  if (routine.concurrency === 'skip') return { status: 'skipped', reason: `${open.identifier} is still ${open.status}.`, task_id: open.id }
  await wakeOpen(context, open, noteOf(firing, made))
  return { status: 'coalesced', reason: null, task_id: open.id }
}

/** Who acts where nobody does by a call of their own. */
const byRoutine = { kind: 'system', id: 'routine' } as const

async function makeTask(context: CommandContext, firing: Firing, made: Made): Promise<TaskTable> {
  const wish = wishOf(firing, made)
  await lockSurroundings(context, [wish])
  return createTask({ ...context, actor: byRoutine }, wish, { origin: 'routine', wakes: 'routine' })
}

/** The task that a fire makes. @throws `rule_violated` when it is none with these values */
function wishOf({ routine, scheduledFor }: Firing, { fireId, values }: Made): NewTask {
  const { assigneeAgentId, ...template } = render(toTemplate(routine), asTexts(values))
  const task: z.input<typeof NewTask> = {
    ...template,
    ...(assigneeAgentId && { assigneeAgentId }),
    context: { routine: { id: routine.id, fireId, scheduledFor: scheduledFor ?? null, variables: values } },
  }
  try {
    return parseInput(NewTask, task, 'task')
  } catch (error) {
    throw EngineError.isInstance(error) ? ruleViolated(`With these variables it makes no task. ${error.message}`, error.details) : error
  }
}

/** Wakes who has a task that is open, and tells them why. */
async function wakeOpen(context: CommandContext, open: TaskTable, note: string): Promise<void> {
  const task = await requireTask(context, open.id)
  await writeComment({ ...context, actor: byRoutine }, { taskId: task.id, deliverableId: null, body: note, mentions: [] })
  if (task.status !== 'in_progress') return wakeAssignee(context, task, 'routine')
  const agentId = task.assignee_agent_id
  const agent = agentId === null ? null : await findColleague(context.tx, { companyId: context.companyId, agentId })
  if (agent) await wake(context, { agent, task, reason: 'routine' })
}

/** Nobody is mentioned by what somebody else's server sent. */
function noteOf({ source, scheduledFor }: Firing, { fireId, values }: Made): string {
  const time = scheduledFor === undefined ? '' : ` for ${scheduledFor}`
  const variables = JSON.stringify(values, null, 2)
    .replaceAll('@', String.raw`\u0040`)
    .replaceAll('`', String.raw`\u0060`)
  const shown = variables === '{}' ? '' : `\n\n\`\`\`json\n${variables}\n\`\`\``
  return `The routine fired again (${source}${time}) while this task was open. Fire ${fireId}.${shown}`
}
