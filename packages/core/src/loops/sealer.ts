import type { Kysely } from 'kysely'

import { sealCompany } from '../audit/seal.ts'
import { companiesOfEvents, companyIdsAfter, newestSeal, newestSeqUpTo } from '../audit/sql.ts'
import type { SealTable } from '../audit/table.ts'
import type { Database } from '../database/tables.ts'
import { settledSeq } from '../events/numbers.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'

/** How much one pass takes: events to look at in one statement, companies to look at anew, batches of one company. */
const eventsOnPage = 1_000
const companiesOnPage = 200
const batchesOfCompany = 5
const lowestId = '00000000-0000-0000-0000-000000000000'
/** Where it is not known how far a company is sealed. */
const unknown = Number.MAX_SAFE_INTEGER

interface SealerOptions {
  readonly logger: Logger
  /** Told the newest seal of each company that was looked at, whoever made it. */
  readonly onSealed: (seal: SealTable) => void
}

/**
 * Seals the events of all companies. It notes what a pass sees and seals it in the next one, unless another process did so
 * meanwhile: however many of them there are, a busy company gets about one seal in each `sealMs`. Nobody leads, and no clock counts.
 */
export function createSealer(host: Host, { logger, onSealed }: SealerOptions): Loop {
  /** Companies that have events to seal, with the last of them that was seen. */
  const waiting = new Map<string, number>()
  /** Up to where the log was looked through; null before the first pass. */
  let position: number | null = null
  /** The last company that was looked at when this began; null when that was all of them. */
  let lastLookedAt: string | null = lowestId
  return createLoop({ name: 'sealer', pass, pollMs: host.settings.sealMs / 2, clock: host.clock, vitals: host.vitals, logger })

  async function pass(signal: AbortSignal): Promise<boolean> {
    for (const companyId of await companiesToLookAt()) waiting.set(companyId, unknown)
    const due = [...waiting]
    const { seen, upTo } = await companiesSince(host.db, position ?? 0)
    position = upTo
    for (const [companyId, seq] of seen) waiting.set(companyId, seq)
    let hasMore = lastLookedAt !== null
    for (const [companyId, seq] of due) {
      if (signal.aborted) return false
      try {
        const { newest, isDone } = await sealUnlessSealed(companyId, seq)
        if (newest) onSealed(newest)
        const next = isDone ? seen.get(companyId) : unknown
        if (next === undefined) waiting.delete(companyId)
        else waiting.set(companyId, next)
        hasMore ||= !isDone
      } catch (error) {
        waiting.set(companyId, unknown)
        logger.error('the events of a company could not be sealed', { companyId, error: String(error) })
      }
    }
    return hasMore
  }

  async function sealUnlessSealed(companyId: string, seq: number): Promise<{ newest: SealTable | null; isDone: boolean }> {
    const newest = await newestSeal(host.db, companyId)
    if (newest && newest.last_seq >= seq) return { newest, isDone: true }
    return sealCompany(host, { companyId, batches: batchesOfCompany })
  }

  /** Some of the companies that were there before this process: nobody may have sealed the ends of their logs. */
  async function companiesToLookAt(): Promise<string[]> {
    position ??= await newestSeqUpTo(host.db, await settledSeq(host.db))
    if (lastLookedAt === null) return []
    const ids = await companyIdsAfter(host.db, { above: lastLookedAt, limit: companiesOnPage })
    lastLookedAt = ids.length < companiesOnPage ? null : (ids.at(-1) ?? null)
    return ids
  }
}

/** The companies of the events after a position, with the last event of each, and how far the log was looked through. */
async function companiesSince(db: Kysely<Database>, position: number): Promise<{ seen: Map<string, number>; upTo: number }> {
  const seen = new Map<string, number>()
  const settled = await settledSeq(db)
  let upTo = position
  for (let isMore = settled > position; isMore;) {
    const events = await companiesOfEvents(db, { after: upTo, upTo: settled, limit: eventsOnPage })
    for (const { company_id, seq } of events) seen.set(company_id, seq)
    upTo = events.at(-1)?.seq ?? upTo
    isMore = events.length === eventsOnPage
  }
  return { seen, upTo }
}
