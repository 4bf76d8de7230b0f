import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf, present, presentPlus } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { isoTime } from '../ports/clock.ts'
import type { BreakerKey, BreakerTable } from './table.ts'

export const findBreaker = rowById('breakers')

export const locatedBreakers = locatedRows(findBreaker)

const breakerForChange = statement((db, given: BreakerKey) =>
  db
    .selectFrom('breakers')
    .selectAll()
    .where('company_id', '=', given.company_id)
    .where('adapter_type', '=', given.adapter_type)
    .where('provider', '=', given.provider)
    .forNoKeyUpdate(),
)

/** The breaker of a provider, ours until the transaction ends. */
export async function lockBreaker(
  tx: Transaction<Database>,
  { company_id, adapter_type, provider }: BreakerKey,
): Promise<BreakerTable | null> {
  return first(await breakerForChange(tx, { company_id, adapter_type, provider }))
}

/** The breaker of a provider, ours until the transaction ends; a closed one is made of it when there is none. */
export async function requireBreaker(tx: Transaction<Database>, fresh: BreakerTable): Promise<BreakerTable> {
  const known = await lockBreaker(tx, fresh)
  if (known) return known
  // Of two that fail at the same moment, the later one finds the row of the earlier.
  await tx
    .insertInto('breakers')
    .values(fresh)
    .onConflict((conflict) => conflict.columns(['company_id', 'adapter_type', 'provider']).doNothing())
    .execute()
  return (await lockBreaker(tx, fresh)) ?? fresh
}

const breakerOfProbe = statement((db, given: { companyId: string; runId: string }) =>
  db.selectFrom('breakers').selectAll().where('company_id', '=', given.companyId).where('probe_run_id', '=', given.runId).forNoKeyUpdate(),
)

/** The breaker that a run is the probe of, as long as it is. */
export async function lockProbedBreaker(
  tx: Transaction<Database>,
  given: { companyId: string; runId: string },
): Promise<BreakerTable | null> {
  return first(await breakerOfProbe(tx, given))
}

const openOfCompany = statement((db, given: { companyId: string }) =>
  db.selectFrom('breakers').selectAll().where('company_id', '=', given.companyId).where('status', '!=', sql.lit('closed')),
)

/** The breakers of a company that are not closed: at most one for each of its providers. */
export async function openBreakersOf(db: Kysely<Database>, companyId: string): Promise<BreakerTable[]> {
  return openOfCompany(db, { companyId })
}

interface BreakerChange {
  readonly changes: Partial<BreakerTable>
  /** How long it cools from now on, milliseconds. */
  readonly coolsForMs?: number
  readonly nowMs: number
}

/** Changes a breaker that is still at the version that was read; null when it is not. */
export async function updateBreaker(
  tx: Transaction<Database>,
  breaker: BreakerTable,
  { changes, coolsForMs, nowMs }: BreakerChange,
): Promise<BreakerTable | null> {
  const cools =
    coolsForMs === undefined ? {} : { cools_until: presentPlus(familyOf(tx), { ms: coolsForMs, at: isoTime(nowMs + coolsForMs) }) }
  const row = await tx
    .updateTable('breakers')
    .set({ ...changes, ...cools, version: breaker.version + 1, updated_at: isoTime(nowMs) })
    .where('company_id', '=', breaker.company_id)
    .where('id', '=', breaker.id)
    .where('version', '=', breaker.version)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** The run that tries, and how long, and until when by this process's clock, no other one may. */
interface Probe {
  readonly runId: string
  readonly now: string
  readonly ms: number
  readonly at: string
}

const becomeProbe = statement((db, given: Probe & { companyId: string; id: string; version: number }, family) =>
  db
    .updateTable('breakers')
    .set((e) => ({
      status: 'half_open' as const,
      probe_run_id: given.runId,
      cools_until: presentPlus(family, given),
      version: e('version', '+', 1),
      updated_at: given.now,
    }))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.id)
    .where('version', '=', given.version)
    .where('status', '!=', 'closed')
    .where('cools_until', '<=', present(family, given.now))
    .returningAll(),
)

/**
 * Makes a run the probe of a breaker that has cooled, or whose probe has shown nothing for long. Of any number of runs, in any number of
 * processes, one becomes it: the statement is guarded by the version and the time. Null for the others, and before that time.
 */
export async function takeProbe(tx: Transaction<Database>, breaker: BreakerTable, given: Probe): Promise<BreakerTable | null> {
  const { company_id: companyId, id, version } = breaker
  return first(await becomeProbe(tx, { companyId, id, version, ...given }))
}
