import type { Kysely } from 'kysely'

import { familyOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import { eventRows, type EventRow } from '../events/sql.ts'
import { findContradiction } from './anchors.ts'
import { explain, isIntact } from './explain.ts'
import type { AnchorClaim, AuditProblem, AuditVerification } from './schema.ts'
import { eventsUnsealed, newestSeal, sealNumbered, sealsAfter } from './sql.ts'
import type { SealTable } from './table.ts'

/** What is read at once. */
const sealsOnPage = 200
const eventsOnPage = 1_000

interface Wish {
  readonly companyId: string
  /** The number of the first batch to look at; the one before it is believed. */
  readonly from?: number | undefined
  /** How many batches at most. */
  readonly limit?: number | undefined
  readonly anchors?: readonly AnchorClaim[] | undefined
}

/**
 * Computes the seals of a company anew from its events, in pages and without any lock, as far as they were when it began;
 * stops at the first batch that is wrong. Then compares the seals with anchors.
 */
export async function verifyAudit(db: Kysely<Database>, wish: Wish): Promise<AuditVerification> {
  const { companyId, anchors = [] } = wish
  const newest = await newestSeal(db, companyId)
  const chain = await verifyChain(db, wish, newest)
  const { agreeing, contradiction } = await findContradiction(db, { companyId, anchors, newest })
  const problems = [chain.problem, contradiction].filter((problem) => problem !== null)
  return {
    companyId,
    isSound: problems.length === 0,
    batches: chain.batches,
    events: chain.events,
    anchors: agreeing,
    problems,
    nextFrom: chain.nextFrom,
    unsealed: await eventsUnsealed(db, { companyId, after: newest?.last_seq ?? 0 }),
  }
}

interface Chain {
  batches: number
  events: number
  nextFrom: number | null
  problem: AuditProblem | null
}

async function verifyChain(db: Kysely<Database>, wish: Wish, newest: SealTable | null): Promise<Chain> {
  const { companyId, from = 1, limit = Number.MAX_SAFE_INTEGER } = wish
  const chain: Chain = { batches: 0, events: 0, nextFrom: null, problem: null }
  if (newest === null || from > newest.number) return chain
  const keepsText = familyOf(db) === 'sqlite'
  let previous = from > 1 ? await sealNumbered(db, { companyId, number: from - 1 }) : null
  if (from > 1 && previous === null) return { ...chain, problem: missing(from - 1, newest) }
  const take = readEvents(db, { companyId, after: previous?.last_seq ?? 0, upTo: newest.last_seq })
  for await (const seal of readSeals(db, { companyId, number: from - 1, upTo: newest.number })) {
    if (chain.batches === limit) return { ...chain, nextFrom: seal.number }
    const due = (previous?.number ?? 0) + 1
    if (seal.number !== due) return { ...chain, problem: seal.number > due ? missing(due, seal) : doubled(seal) }
    const rows = await take(seal.last_seq, seal.count + 1)
    const batch = { previous, seal, rows, keepsText }
    if (!isIntact(batch)) return { ...chain, problem: explain(batch, await sealNumbered(db, { companyId, number: due + 1 })) }
    chain.batches += 1
    chain.events += rows.length
    previous = seal
  }
  return chain
}

function missing(number: number, later: SealTable): AuditProblem {
  const message = `Batch ${number}: its seal is missing, although there is one with the number ${later.number}.`
  return { kind: 'seal_missing', number, firstSeq: null, lastSeq: null, message }
}

function doubled({ number, first_seq: firstSeq, last_seq: lastSeq }: SealTable): AuditProblem {
  return { kind: 'seal_doubled', number, firstSeq, lastSeq, message: `Batch ${number}: there are two seals with this number.` }
}

async function* readSeals(
  db: Kysely<Database>,
  { companyId, number, upTo }: { companyId: string; number: number; upTo: number },
): AsyncGenerator<SealTable> {
  for (let after = number; ;) {
    const page = await sealsAfter(db, { companyId, number: after, limit: sealsOnPage })
    yield* page.filter((seal) => seal.number <= upTo)
    const last = page.at(-1)
    if (!last || last.number >= upTo) return
    after = last.number
  }
}

/** Gives the events one batch after the other: those up to a seq that were not given yet, no more than `most`. */
function readEvents(db: Kysely<Database>, { companyId, after, upTo }: { companyId: string; after: number; upTo: number }) {
  let page: EventRow[] = []
  let position = after
  let isOver = false
  return async function take(lastSeq: number, most: number): Promise<EventRow[]> {
    const taken: EventRow[] = []
    while (taken.length < most) {
      if (page.length === 0 && !isOver) {
        page = await eventRows(db, { companyId, after: position, upTo, limit: eventsOnPage })
        position = page.at(-1)?.seq ?? position
        isOver = page.length < eventsOnPage
      }
      const later = page.findIndex((row) => row.seq > lastSeq)
      const fitting = page.splice(0, Math.min(later === -1 ? page.length : later, most - taken.length))
      taken.push(...fitting)
      if (page.length > 0 || isOver) return taken
    }
    return taken
  }
}
