import { eventRows, settledSeq, type EventRow } from '../events/sql.ts'
import type { Host } from '../kernel/host.ts'
import { keepBooks } from '../kernel/transaction.ts'
import { isoTime } from '../ports/clock.ts'
import { noSeal, sealOf } from './canonical.ts'
import { addSeal, newestSeal } from './sql.ts'
import type { SealTable } from './table.ts'

/** How many events one seal covers at most. */
const mostInBatch = 1_000

/** Closes a batch: the seal that follows `previous` and covers these rows, of which there is at least one. Pure. */
export function closeBatch(previous: SealTable | null, rows: readonly [EventRow, ...EventRow[]], given: { now: string }): SealTable {
  const [earliest] = rows
  const latest = rows.at(-1) ?? earliest
  const previousSeal = previous?.seal ?? noSeal
  return {
    company_id: earliest.company_id,
    number: (previous?.number ?? 0) + 1,
    first_seq: earliest.seq,
    last_seq: latest.seq,
    count: rows.length,
    previous_seal: previousSeal,
    seal: sealOf(previousSeal, rows),
    epoch: latest.epoch,
    sealed_at: given.now,
  }
}

interface Sealed {
  /** The company's newest seal, whoever made it; null when it has no events yet. */
  readonly newest: SealTable | null
  /** Whether every event is sealed that was complete when this began. */
  readonly isDone: boolean
}

/**
 * Seals a company's events as far as the log is complete, some batches at most. No lock is held: rows are read and hashed
 * first, then the seal takes its number, or somebody else had it and this one is forgotten.
 */
export async function sealCompany(host: Host, { companyId, batches }: { companyId: string; batches: number }): Promise<Sealed> {
  const upTo = await settledSeq(host.db)
  let newest = await newestSeal(host.db, companyId)
  for (let tries = 0; tries < batches; tries += 1) {
    const found = await eventRows(host.db, { companyId, after: newest?.last_seq ?? 0, upTo, limit: mostInBatch })
    const [earliest, ...others] = found
    if (!earliest) return { newest, isDone: true }
    const seal = { ...closeBatch(newest, [earliest, ...others], { now: isoTime(host.clock.now()) }), epoch: host.epoch }
    newest = (await keepBooks(host.db, (tx) => addSeal(tx, seal))) ? seal : await newestSeal(host.db, companyId)
  }
  return { newest, isDone: false }
}
