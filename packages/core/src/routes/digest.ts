import type { Transaction } from 'kysely'

import type { Database } from '../database/tables.ts'
import { holdUntil, letGo } from '../deliveries/digest.ts'
import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { readLiveSchedule, readSchedule } from '../routines/cron.ts'
import type { Route, RouteDigest } from './schema.ts'
import { toRoute, type RouteTable } from './table.ts'

/** When what happens now is sent by a route; null for at once. Pure. */
export function digestTime({ digest }: Pick<Route, 'digest'>, now: string): string | null {
  return digest && readSchedule(digest).next(now)
}

/** @throws `rule_violated` for a destination that takes one event at a time, and for times that never come */
export function digestColumn(context: CommandContext, type: string, digest: RouteDigest | null): string | null {
  if (digest === null) return null
  if (context.destinations.get(type).digests !== true) {
    const able = context.destinations.all.filter(({ digests }) => digests === true).map((destination) => destination.type)
    const known = able.length === 0 ? 'No destination of this engine takes them.' : `These take them: ${able.join(', ')}.`
    throw ruleViolated(`digest: the destination "${type}" takes one event at a time. ${known}`, { destinationType: type })
  }
  readLiveSchedule(digest, context.now)
  return JSON.stringify(digest)
}

/** What waits in a route is sent as the route then says: together at the next time, or each by itself from now on. */
export async function followDigest(tx: Transaction<Database>, row: RouteTable, now: string): Promise<void> {
  const at = digestTime(toRoute(row), now)
  const lane = { companyId: row.company_id, routeId: row.id }
  await (at === null ? letGo(tx, { ...lane, now }) : holdUntil(tx, { ...lane, at }))
}
