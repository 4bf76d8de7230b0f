import { sql, type Kysely } from 'kysely'

import { familyOf, tableOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'

/** The leases of a worker, renewed together by texts that a thread without a query builder runs. */
export interface RenewalTexts {
  /**
   * Moves the expiry of those that still are as named. Its values: how long from now in milliseconds, or, where the database has
   * no clock of its own, until when; and the leases as JSON, `[{ run_id, fence }]`. Answers with the `run_id` and `fence` of each.
   */
  readonly renew: string
  /** Which of them still are as named, also those that somebody is changing at the moment. Its value: the leases, as above. */
  readonly held: string
}

/** How these leases are renewed on this database. */
export function renewalTexts(db: Kysely<Database>): RenewalTexts {
  const leases = tableOf(db, 'leases')
  const text = (built: ReturnType<typeof sql>) => built.compile(db).sql
  // Only the texts are used: the values are bound where they run.
  const [until, named] = [0, '[]']
  if (familyOf(db) === 'sqlite') {
    const pairs = sql`(select json_extract(value, '$.run_id'), json_extract(value, '$.fence') from json_each(${named}))`
    return {
      renew: text(sql`update ${leases} set expires_at = ${until} where (run_id, fence) in ${pairs} returning run_id, fence`),
      held: text(sql`select run_id, fence from ${leases} where (run_id, fence) in ${pairs}`),
    }
  }
  const join = sql`${leases} as lease join jsonb_to_recordset(${named}::jsonb) as named (run_id uuid, fence bigint)
    on lease.run_id = named.run_id and lease.fence = named.fence`
  return {
    // Past those that somebody has locked: what blocks the event loop may have a transaction open, and must not keep the others.
    renew: text(sql`update ${leases} set expires_at = clock_timestamp() + ${until}::bigint * interval '1 millisecond'
      where run_id in (select lease.run_id from ${join} for no key update of lease skip locked) returning run_id, fence`),
    held: text(sql`select lease.run_id, lease.fence from ${join}`),
  }
}
