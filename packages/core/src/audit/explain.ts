import type { EventRow } from '../events/sql.ts'
import { canonicalEvent, isAsWritten, noSeal, sealOf, sealOfTexts } from './canonical.ts'
import type { AuditProblem, AuditProblemKind } from './schema.ts'
import type { SealTable } from './table.ts'

/** A seal, the one before it in the table, and the events that lie between their ends. */
export interface Batch {
  readonly previous: SealTable | null
  readonly seal: SealTable
  readonly rows: readonly EventRow[]
  /** Whether the database keeps the data of events as the text that was written. */
  readonly keepsText: boolean
}

/** Whether a batch is as it was sealed. Pure. */
export function isIntact({ previous, seal, rows, keepsText }: Batch): boolean {
  const before = previous?.seal ?? noSeal
  if (seal.previous_seal !== before || rows.length !== seal.count) return false
  if (rows[0]?.seq !== seal.first_seq || rows.at(-1)?.seq !== seal.last_seq) return false
  if (findUnreadable({ rows, keepsText })) return false
  return sealOf(before, rows) === seal.seal
}

/**
 * What is wrong with a batch that is not intact, as far as the hashes prove it: another order or another time is named when
 * putting it back gives the seal. `next` is the seal after it. Pure.
 */
export function explain(batch: Batch, next: SealTable | null): AuditProblem {
  const { seal, rows } = batch
  const events = `its events ${seal.first_seq} to ${seal.last_seq}`
  const unreadable = findUnreadable(batch)
  if (unreadable) return problem(batch, 'events_edited', `the data of event ${unreadable.seq} is not what was written`)
  const about = findFaultOfSeals(batch, next)
  if (about) return about
  if (rows.length < seal.count) return problem(batch, 'events_deleted', `${seal.count} events were sealed, ${rows.length} are there`)
  if (rows.length > seal.count)
    return problem(batch, 'events_inserted', `${seal.count} events were sealed, and more lie up to event ${seal.last_seq}`)
  return (
    findReordered(batch) ??
    findRedated(batch) ??
    problem(batch, 'events_edited', `${events} are not those that were sealed: one was edited, replaced, moved or re-dated`)
  )
}

function problem({ seal }: Pick<Batch, 'seal'>, kind: AuditProblemKind, what: string): AuditProblem {
  const { number, first_seq: firstSeq, last_seq: lastSeq } = seal
  return { kind, number, firstSeq, lastSeq, message: `Batch ${number}: ${what}.` }
}

function findUnreadable({ rows, keepsText }: Pick<Batch, 'rows' | 'keepsText'>): EventRow | undefined {
  return keepsText ? rows.find((row) => !isAsWritten(row)) : undefined
}

/** The events are those of one seal or the other, so it is a seal that was changed. */
function findFaultOfSeals(batch: Batch, next: SealTable | null): AuditProblem | null {
  const { previous, seal, rows } = batch
  const before = previous?.seal ?? noSeal
  const computed = sealOf(before, rows)
  if (seal.previous_seal === before && computed === next?.previous_seal && seal.seal !== computed)
    return problem(batch, 'seal_edited', 'its events are as they were sealed, its seal is not')
  if (computed === seal.seal) return problem(batch, 'seal_edited', 'its events are as they were sealed, the rest of its seal is not')
  if (seal.previous_seal === before || sealOf(seal.previous_seal, rows) !== seal.seal) return null
  return problem(
    { seal: previous ?? seal },
    'batch_resealed',
    previous ? `batch ${seal.number} follows another seal: this one was sealed anew` : 'it follows a seal that is not there',
  )
}

/** Ids are given out in order, so mostly by one process their order is that of the events. */
function findReordered(batch: Batch): AuditProblem | null {
  const { rows, seal } = batch
  const seqs = rows.map((row) => row.seq)
  const sorted = rows.toSorted((left, right) => (left.id < right.id ? -1 : 1))
  const restored = sorted.map((row, index) => ({ ...row, seq: seqs[index] ?? 0 }))
  if (sealOf(seal.previous_seal, restored) !== seal.seal) return null
  const moved = restored.filter((row, index) => row.id !== rows[index]?.id).map((row) => row.seq)
  return problem(batch, 'events_reordered', `its events were sealed in another order, of ${moved.slice(0, 10).join(', ')}`)
}

/** An id tells when it was made, which is a little later than the time of its event. */
const longestCommandMs = 250
/** How many events are looked at: each time that is tried is a hash of the whole batch. */
const mostSuspects = 3

function findRedated(batch: Batch): AuditProblem | null {
  const { rows, seal } = batch
  const distance = (row: EventRow) => Math.abs(timeOfId(row.id) - Date.parse(row.at))
  // A time that can not be read is the farthest from any.
  const far = (row: EventRow) => (Number.isNaN(distance(row)) ? Infinity : distance(row))
  const suspects = rows.toSorted((left, right) => far(right) - far(left)).slice(0, mostSuspects)
  const texts = rows.map(canonicalEvent)
  for (const suspect of suspects) {
    const index = rows.indexOf(suspect)
    for (let ms = 0; ms <= longestCommandMs; ms += 1) {
      const at = new Date(timeOfId(suspect.id) - ms).toISOString()
      if (sealOfTexts(seal.previous_seal, texts.with(index, canonicalEvent({ ...suspect, at }))) === seal.seal)
        return problem(batch, 'event_redated', `event ${suspect.seq} was sealed as of ${at}, and is now of ${suspect.at}`)
    }
  }
  return null
}

function timeOfId(id: string): number {
  const ms = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  return Number.isNaN(ms) ? 0 : ms
}
