import { settledSeq } from '../events/numbers.ts'
import { eventRows, type EventRow } from '../events/sql.ts'
import type { Host } from '../kernel/host.ts'
import { keepBooks } from '../kernel/transaction.ts'
import { isoTime } from '../ports/clock.ts'
import { beginSeal, noSeal, sealOf } from './canonical.ts'
import { addSeal, newestSeal } from './sql.ts'
import type { SealTable } from './table.ts'

/** How many events one seal covers at most. */
const mostInBatch = 1_000
/** How many of them are read and hashed at a time: meanwhile nothing else of this process has its turn. */
const mostAtOnce = 100

/** What a seal covers. */
interface Batch {
  readonly earliest: EventRow
  readonly latest: EventRow
  readonly count: number
  readonly seal: string
}

/** The seal that follows `previous` and covers these rows, of which there is at least one. Pure. */
export function closeBatch(previous: SealTable | null, rows: readonly [EventRow, ...EventRow[]], given: { now: string }): SealTable {
  const [earliest] = rows
  const batch = { earliest, latest: rows.at(-1) ?? earliest, count: rows.length, seal: sealOf(previous?.seal ?? noSeal, rows) }
  return toSeal(previous, batch, given)
}

function toSeal(previous: SealTable | null, { earliest, latest, count, seal }: Batch, { now }: { now: string }): SealTable {
  return {
    company_id: earliest.company_id,
    number: (previous?.number ?? 0) + 1,
    first_seq: earliest.seq,
    last_seq: latest.seq,
    count,
    previous_seal: previous?.seal ?? noSeal,
    seal,
    epoch: latest.epoch,
    sealed_at: now,
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
    const batch = await readBatch(host, newest, { companyId, upTo })
    if (!batch) return { newest, isDone: true }
    const seal = { ...toSeal(newest, batch, { now: isoTime(host.clock.now()) }), epoch: host.epoch }
    newest = (await keepBooks(host.db, (tx) => addSeal(tx, seal))) ? seal : await newestSeal(host.db, companyId)
  }
  return { newest, isDone: false }
}

/** What follows a seal in the log, as much as one seal may cover; null when nothing does. */
async function readBatch(host: Host, previous: SealTable | null, given: { companyId: string; upTo: number }): Promise<Batch | null> {
  const seal = beginSeal(previous?.seal ?? noSeal)
  let [earliest, latest, count]: [EventRow | undefined, EventRow | undefined, number] = [undefined, undefined, 0]
  let isMore = true
  while (isMore && count < mostInBatch) {
    const rows = await eventRows(host.db, { ...given, after: latest?.seq ?? previous?.last_seq ?? 0, limit: mostAtOnce })
    seal.add(rows)
    earliest ??= rows[0]
    latest = rows.at(-1) ?? latest
    count += rows.length
    isMore = rows.length === mostAtOnce
  }
  return earliest && latest ? { earliest, latest, count, seal: seal.end() } : null
}
