import { versionedChange } from '../database/versioned.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { assertTransition } from '../kernel/transition.ts'
import { readSchedule } from './cron.ts'
import { routineMachine } from './machine.ts'
import type { RoutineStatus } from './schema.ts'
import { findRoutine, setSchedule, triggersOf } from './sql.ts'
import type { RoutineTable, RoutineTriggerTable } from './table.ts'

export async function requireRoutine(context: CommandContext, routineId: string): Promise<RoutineTable> {
  const routine = await findRoutine(context.tx, routineId)
  if (routine?.company_id !== context.companyId) throw notFound('routine', routineId)
  return routine
}

/** @throws `rule_violated` for a routine that is only to be read any more */
export function assertAlive(routine: RoutineTable): void {
  if (routine.status === 'archived') throw ruleViolated(`The routine ${routine.name} is archived; make a new one.`)
}

export const changeRoutine = versionedChange('routines', 'routine')

export const changeTrigger = versionedChange('routine_triggers', 'trigger')

interface Move {
  readonly to: RoutineStatus
  readonly verb: 'pause' | 'resume' | 'archive' | 'fire'
  readonly reason: string | null
}

/** Moves a routine along its machine; its schedules wait only while it is active, from the present on. @throws `illegal_transition` */
export async function moveRoutine(context: CommandContext, routine: RoutineTable, move: Move): Promise<RoutineTable> {
  assertTransition(routineMachine, routine.status, move)
  const isResumed = move.to === 'active'
  const next = await changeRoutine(context, routine, {
    status: move.to,
    pause_reason: move.to === 'paused' ? move.reason : null,
    ...(isResumed && { failures: 0 }),
  })
  context.emit('routine.status_changed', routineRef(next), {
    ...aboutRoutine(next),
    from: routine.status,
    to: move.to,
    reason: move.reason,
  })
  for (const trigger of await triggersOf(context.tx, { companyId: context.companyId, routineId: routine.id }))
    await setSchedule(context.tx, trigger, nextTimeOf(trigger, { status: next.status, after: context.now }))
  return next
}

/** What a trigger waits for; null while it or its routine is not at work, and for a webhook. Pure. */
export function nextTimeOf(
  trigger: Pick<RoutineTriggerTable, 'expression' | 'time_zone' | 'is_enabled'>,
  given: { status: RoutineStatus; after: string },
): string | null {
  const { expression, time_zone: timeZone } = trigger
  if (trigger.is_enabled === 0 || given.status !== 'active' || expression === null || timeZone === null) return null
  return readSchedule({ expression, timeZone }).next(given.after)
}

export function aboutRoutine(routine: RoutineTable) {
  return { projectId: routine.project_id, agentId: routine.assignee_agent_id }
}

export function routineRef(routine: RoutineTable) {
  return { type: 'routine' as const, id: routine.id, version: routine.version }
}

export function triggerRef(trigger: RoutineTriggerTable) {
  return { type: 'trigger' as const, id: trigger.id, version: trigger.version }
}
