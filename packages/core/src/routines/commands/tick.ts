import { z } from 'zod'

import { findCompany } from '../../companies/sql.ts'
import { changedMeanwhile } from '../../kernel/change.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { Id, IsoTime } from '../../kernel/schema.ts'
import { planTick } from '../catch-up.ts'
import { readSchedule } from '../cron.ts'
import { fireRoutine } from '../fire.ts'
import { FireStatus } from '../schema.ts'
import { findDue, findFire, findRoutine, moveSchedule } from '../sql.ts'
import { toRoutine, type RoutineTable, type RoutineTriggerTable } from '../table.ts'
import { valuesOf } from '../variables.ts'

export const tick = command({
  title: 'Fire a schedule for a time that has come, and let it wait for its next one',
  input: z.strictObject({ companyId: Id, triggerId: Id, scheduledFor: IsoTime }),
  output: z.object({ status: FireStatus.or(z.enum(['not_due', 'passed'])), nextAt: IsoTime.nullable() }),
  access: { scope: 'engine:internal', company: 'company' },
  whenArchived: 'its schedules end',
  async handle(context, { triggerId, scheduledFor }) {
    const { tx, companyId, now } = context
    const trigger = await findDue(tx, { companyId, triggerId, scheduledFor, now })
    const routine = trigger && (await findRoutine(tx, trigger.routine_id))
    if (!trigger || !routine) {
      context.unchanged()
      return { status: 'not_due' as const, nextAt: null }
    }
    const { fires, next } = await plan(context, { trigger, routine, scheduledFor })
    if (!(await moveSchedule(tx, { companyId, triggerId, scheduledFor, next }))) throw changedMeanwhile('trigger', triggerId)
    // After a clock was set back, or a schedule was changed, a time may come again that has fired already.
    if (fires === null || (await findFire(tx, trigger, { scheduledFor: fires }))) {
      context.unchanged()
      return { status: 'passed' as const, nextAt: next }
    }
    const values = () => valuesOf(toRoutine(routine).variables, {})
    const { status } = await fireRoutine(context, { routine, trigger, source: 'cron', scheduledFor: fires, values })
    return { status, nextAt: next }
  },
})

interface Due {
  readonly trigger: RoutineTriggerTable & { present: string }
  readonly routine: RoutineTable
  readonly scheduledFor: string
}

/** What passes while the company is paused is not made up, and in an archived one nothing is to come. */
async function plan(
  context: CommandContext,
  { trigger, routine, scheduledFor }: Due,
): Promise<{ fires: string | null; next: string | null }> {
  const { present, expression, time_zone: timeZone } = trigger
  const company = await findCompany(context.tx, context.companyId)
  if (company?.status === 'archived' || routine.status !== 'active' || expression === null || timeZone === null)
    return { fires: null, next: null }
  const schedule = readSchedule({ expression, timeZone })
  if (company?.status !== 'active') return { fires: null, next: schedule.next(present) }
  return planTick({ schedule, catchUp: routine.catch_up, scheduledFor, present })
}
