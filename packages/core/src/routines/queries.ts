import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput } from '../kernel/page.ts'
import { Id, IsoTime, wholeNumber } from '../kernel/schema.ts'
import { readLiveSchedule } from './cron.ts'
import { FirePage, FireStatus, Routine, RoutinePage, RoutineStatus, TriggerPage } from './schema.ts'
import { locatedRoutines } from './sql.ts'
import { toFire, toRoutine, toTrigger } from './table.ts'

export const get = query({
  title: 'Show a routine',
  input: z.strictObject({ routineId: Id }),
  output: Routine,
  access: { scope: 'routines:read', company: 'routine' },
  http: ['GET', '/routines/:routineId'],
  handle: async (context) => toRoutine(locatedRoutines.of(context)),
})

export const list = query({
  title: 'List routines',
  input: z.strictObject({ companyId: Id, status: RoutineStatus.optional(), ...pageInput }),
  output: RoutinePage,
  access: { scope: 'routines:read', company: 'company' },
  http: ['GET', '/companies/:companyId/routines'],
  async handle(context, input) {
    let rows = context.db.selectFrom('routines').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    return pageById(rows, input, { item: toRoutine })
  },
})

export const triggers = query({
  title: 'List what triggers a routine, without keys',
  input: z.strictObject({ routineId: Id, ...pageInput }),
  output: TriggerPage,
  access: { scope: 'routines:read', company: 'routine' },
  http: ['GET', '/routines/:routineId/triggers'],
  async handle(context, input) {
    const rows = context.db
      .selectFrom('routine_triggers')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('routine_id', '=', input.routineId)
      .where('removed_at', 'is', null)
    return pageById(rows, input, { item: (row) => toTrigger(row, context.now) })
  },
})

export const fires = query({
  title: 'List when a routine fired and what became of it, newest first',
  input: z.strictObject({ routineId: Id, status: FireStatus.optional(), ...pageInput }),
  output: FirePage,
  access: { scope: 'routines:read', company: 'routine' },
  http: ['GET', '/routines/:routineId/fires'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('routine_fires')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('routine_id', '=', input.routineId)
    if (input.status) rows = rows.where('status', '=', input.status)
    return pageById(rows, input, { isNewestFirst: true, item: toFire })
  },
})

export const preview = query({
  title: 'Show the next times of a cron expression in a time zone',
  input: z.strictObject({
    companyId: Id,
    expression: z.string().trim().min(1).max(200),
    timeZone: z.string().trim().min(1).max(64).default('UTC'),
    count: wholeNumber(1, 50).prefault(5),
  }),
  output: z.object({ items: z.array(IsoTime) }),
  access: { scope: 'routines:read', company: 'company' },
  http: ['GET', '/companies/:companyId/routines/preview'],
  async handle(context, { count, ...given }) {
    const schedule = readLiveSchedule(given, context.now)
    const items: string[] = []
    for (let time = schedule.next(context.now); time !== null && items.length < count; time = schedule.next(time)) items.push(time)
    return { items }
  },
})
