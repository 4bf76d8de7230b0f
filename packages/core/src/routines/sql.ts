import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf, present } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { taskMachine } from '../tasks/machine.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { RoutineFireTable, RoutineTable, RoutineTriggerTable } from './table.ts'

export const findRoutine = rowById('routines')

export const locatedRoutines = locatedRows(findRoutine)

const triggerById = rowById('routine_triggers')

/** A trigger; one that was removed is found by nobody. */
export async function findTrigger(db: Kysely<Database>, id: string): Promise<RoutineTriggerTable | null> {
  const trigger = await triggerById(db, id)
  return trigger?.removed_at === null ? trigger : null
}

export const locatedTriggers = locatedRows(findTrigger)

export async function insertRoutine(tx: Transaction<Database>, row: RoutineTable): Promise<void> {
  await tx.insertInto('routines').values(row).execute()
}

export async function countRoutines(tx: Transaction<Database>, companyId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('routines')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('company_id', '=', companyId)
    .where('status', '<>', 'archived')
    .executeTakeFirstOrThrow()
  return count
}

/** Notes how many fires failed in a row; whoever edits a routine meets no conflict because it fired. */
export async function noteFailures(tx: Transaction<Database>, routine: RoutineTable, failures: number): Promise<void> {
  await tx.updateTable('routines').set({ failures }).where('company_id', '=', routine.company_id).where('id', '=', routine.id).execute()
}

export async function insertTrigger(tx: Transaction<Database>, row: RoutineTriggerTable): Promise<void> {
  await tx.insertInto('routine_triggers').values(row).execute()
}

/** The triggers of a routine, oldest first. */
export async function triggersOf(db: Kysely<Database>, given: { companyId: string; routineId: string }): Promise<RoutineTriggerTable[]> {
  return db
    .selectFrom('routine_triggers')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('routine_id', '=', given.routineId)
    .where('removed_at', 'is', null)
    .orderBy('id')
    .execute()
}

export interface DueTrigger {
  readonly id: string
  readonly company_id: string
  readonly next_at: string
}

/** Triggers of all companies whose time has come, the longest due first. */
export const dueTriggers = statement((db, given: { now: string; limit: number }, family) =>
  db
    .selectFrom('routine_triggers')
    .select(['id', 'company_id', 'next_at'])
    .where('next_at', '<=', present(family, given.now))
    .where('next_at', 'is not', null)
    .orderBy('next_at')
    .limit(given.limit)
    .$narrowType<{ next_at: string }>(),
)

interface Waiting {
  readonly companyId: string
  readonly triggerId: string
  readonly scheduledFor: string
}

/** A trigger that waits for this time, which has come; with the present by which it has. Null for any other. */
export async function findDue(
  tx: Transaction<Database>,
  given: Waiting & { now: string },
): Promise<(RoutineTriggerTable & { present: string }) | null> {
  const family = familyOf(tx)
  const now = present(family, given.now)
  const row = await tx
    .selectFrom('routine_triggers')
    .selectAll()
    .select(family === 'postgres' ? sql<string>`${now}::timestamptz(3)`.as('present') : now.as('present'))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.triggerId)
    .where('next_at', '=', given.scheduledFor)
    .where('next_at', '<=', now)
    .executeTakeFirst()
  return row ?? null
}

/** Lets a trigger wait for its next time, unless somebody else did that first. @returns whether it waited for the time given */
export async function moveSchedule(tx: Transaction<Database>, given: Waiting & { next: string | null }): Promise<boolean> {
  const result = await tx
    .updateTable('routine_triggers')
    .set({ next_at: given.next })
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.triggerId)
    .where('next_at', '=', given.scheduledFor)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Lets a trigger wait for a time, or for none. */
export async function setSchedule(tx: Transaction<Database>, trigger: RoutineTriggerTable, nextAt: string | null): Promise<void> {
  await tx
    .updateTable('routine_triggers')
    .set({ next_at: nextAt })
    .where('company_id', '=', trigger.company_id)
    .where('id', '=', trigger.id)
    .execute()
}

export async function noteFired(tx: Transaction<Database>, trigger: RoutineTriggerTable, at: string): Promise<void> {
  await tx
    .updateTable('routine_triggers')
    .set({ last_fired_at: at })
    .where('company_id', '=', trigger.company_id)
    .where('id', '=', trigger.id)
    .execute()
}

export async function insertFire(tx: Transaction<Database>, row: RoutineFireTable): Promise<void> {
  await tx.insertInto('routine_fires').values(row).execute()
}

/** What became of one time of a trigger, or of one delivery to it. */
export async function findFire(
  tx: Transaction<Database>,
  trigger: RoutineTriggerTable,
  of: { scheduledFor: string } | { deliveryId: string },
): Promise<RoutineFireTable | null> {
  const fires = tx.selectFrom('routine_fires').selectAll().where('company_id', '=', trigger.company_id).where('trigger_id', '=', trigger.id)
  const one = 'scheduledFor' in of ? fires.where('scheduled_for', '=', of.scheduledFor) : fires.where('delivery_id', '=', of.deliveryId)
  return (await one.executeTakeFirst()) ?? null
}

/** When the fire before last, and so on, of a trigger was; null when it has not fired as often. */
export async function firedAt(tx: Transaction<Database>, trigger: RoutineTriggerTable, back: number): Promise<string | null> {
  const row = await tx
    .selectFrom('routine_fires')
    .select('created_at')
    .where('company_id', '=', trigger.company_id)
    .where('trigger_id', '=', trigger.id)
    .orderBy('id', 'desc')
    .offset(back)
    .limit(1)
    .executeTakeFirst()
  return row?.created_at ?? null
}

/** How many of the newest tasks of a routine are asked whether they are open. */
const mostAsked = 100

/** The newest task of a routine that has not ended; a deleted one has. */
export async function openTaskOf(tx: Transaction<Database>, routine: RoutineTable): Promise<TaskTable | null> {
  const ended = taskMachine.statuses.filter((status) => taskMachine.isFinal(status))
  const row = await tx
    .selectFrom((e) =>
      e
        .selectFrom('routine_fires')
        .select(['id', 'task_id', 'company_id'])
        .where('company_id', '=', routine.company_id)
        .where('routine_id', '=', routine.id)
        .where('status', '=', 'created')
        .orderBy('id', 'desc')
        .limit(mostAsked)
        .as('made'),
    )
    .innerJoin('tasks', (join) => join.onRef('tasks.company_id', '=', 'made.company_id').onRef('tasks.id', '=', 'made.task_id'))
    .selectAll('tasks')
    .where('tasks.company_id', '=', routine.company_id)
    .where('tasks.status', 'not in', ended)
    .orderBy('made.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}
