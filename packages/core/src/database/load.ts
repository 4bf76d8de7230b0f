import { sql, type Kysely } from 'kysely'

import { tableOf } from './open.ts'
import type { Database } from './tables.ts'

/** How many things of one kind are in one state, and the time of the oldest among them. */
export interface Load {
  readonly what: 'queued_runs' | 'leases' | 'waiting_runs' | 'deliveries' | 'budget_holds' | 'breakers'
  readonly state: string
  readonly count: number
  readonly oldest: string | null
}

/** More of a kind are not counted: what looks each few seconds may not take longer the more there is to do. */
const mostCounted = sql.lit(10_000)

/** What waits and what is under way, of all companies, each from an index that holds nothing else. */
export async function readLoad(db: Kysely<Database>): Promise<readonly Load[]> {
  const [runs, leases, deliveries, holds, breakers] = (['runs', 'leases', 'deliveries', 'budget_holds', 'breakers'] as const).map((table) =>
    tableOf(db, table),
  )
  const { rows } = await sql<Load>`
    select 'queued_runs' as what, 'queued' as state, count(*) as count, min(at) as oldest
    from (select created_at as at from ${runs} where status = 'queued' limit ${mostCounted}) as queued
    union all select 'waiting_runs', 'waiting', count(*), min(at)
    from (select created_at as at from ${runs} where status = 'waiting' limit ${mostCounted}) as waiting
    union all select 'leases', 'running', count(*), min(at)
    from (select expires_at as at from ${leases} limit ${mostCounted}) as running
    union all select 'deliveries', status, count(*), min(at)
    from (select status, coalesce(claimed_until, next_at) as at from ${deliveries} where status in ('pending', 'retrying') limit ${mostCounted}) as open group by status
    union all select 'budget_holds', 'open', count(*), null
    from (select 1 as one from ${holds} where status = 'open' limit ${mostCounted}) as held
    union all select 'breakers', status, count(*), null
    from (select status from ${breakers} where status <> 'closed' limit ${mostCounted}) as cooling group by status`.execute(db)
  return rows
}
