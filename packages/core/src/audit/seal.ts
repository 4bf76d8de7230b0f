import { settledSeq } from '../events/numbers.ts'
import { eventRows, type EventRow } from '../events/sql.ts'
import type { Host } from '../kernel/host.ts'
import { keepBooks } from '../kernel/transaction.ts'
import { isoTime } from '../ports/clock.ts'
import { beginSeal, noSeal } from './canonical.ts'
import { addSeal, newestSeal } from './sql.ts'
import type { SealTable } from './table.ts'

/** How many events one seal covers at most. */
const mostInBatch = 1_000
/** How many of them are read and hashed at a time: meanwhile nothing else of this process has its turn. */
const mostAtOnce = 100

/** A batch that is being sealed, from events in their order, some at a time. */
interface OpenBatch {
  add(rows: readonly EventRow[]): void
  /** How many events it has, and behind which number the log goes on. */
  reach(): { readonly count: number; readonly after: number }
  /** Null when no event was added. */
  end(given: { epoch: number; now: string }): SealTable | null
}

/** Begins the batch that follows `previous`. */
export function beginBatch(previous: SealTable | null): OpenBatch {
  const before = previous?.seal ?? noSeal
  const seal = beginSeal(before)
  let [earliest, latest, count]: [EventRow | undefined, EventRow | undefined, number] = [undefined, undefined, 0]
  return {
    add(rows) {
      seal.add(rows)
      earliest ??= rows[0]
      latest = rows.at(-1) ?? latest
      count += rows.length
    },
    reach: () => ({ count, after: latest?.seq ?? previous?.last_seq ?? 0 }),
    end({ epoch, now }) {
      if (!earliest || !latest) return null
      return {
        company_id: earliest.company_id,
        number: (previous?.number ?? 0) + 1,
        first_seq: earliest.seq,
        last_seq: latest.seq,
        count,
        previous_seal: before,
        seal: seal.end(),
        epoch,
        sealed_at: now,
      }
    },
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
    const seal = await sealBatch(host, newest, { companyId, upTo })
    if (!seal) return { newest, isDone: true }
    newest = (await keepBooks(host.db, (tx) => addSeal(tx, seal))) ? seal : await newestSeal(host.db, companyId)
  }
  return { newest, isDone: false }
}

/** Seals what follows a seal in the log, as much as one seal may cover; null when nothing does. */
async function sealBatch(host: Host, previous: SealTable | null, given: { companyId: string; upTo: number }): Promise<SealTable | null> {
  const batch = beginBatch(previous)
  let isMore = true
  while (isMore && batch.reach().count < mostInBatch) {
    const rows = await eventRows(host.db, { ...given, after: batch.reach().after, limit: mostAtOnce })
    batch.add(rows)
    isMore = rows.length === mostAtOnce
  }
  return batch.end({ epoch: host.epoch, now: isoTime(host.clock.now()) })
}
