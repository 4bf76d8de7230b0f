import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { LogStream } from '../ports/adapter.ts'
import { isKept, keptOf, piecesOf, type LogLimits } from './log-limits.ts'
import type { LogChunk } from './schema.ts'
import type { RunLogTable } from './table.ts'

interface Place {
  readonly companyId: string
  readonly runId: string
}

interface Entry {
  readonly stream: LogStream
  readonly text: string
}

/** What a log keeps after a run said more: rows that are no longer among them are removed, and are never written when they come and go at once. */
export async function appendToLog(
  tx: Transaction<Database>,
  place: Place,
  given: { entries: readonly Entry[]; limits: LogLimits; now: string },
): Promise<{ sequence: number; totalBytes: number }> {
  const { entries, limits, now } = given
  const last = first(await lastRow(tx, { ...place, upTo: Number.MAX_SAFE_INTEGER }))
  let sequence = last?.sequence ?? 0
  let totalBytes = last?.total_bytes ?? 0
  const before = totalBytes
  const rows: RunLogTable[] = []
  for (const { stream, text } of entries) {
    for (const piece of piecesOf(text, limits.chunk)) {
      totalBytes += Buffer.byteLength(piece)
      sequence += 1
      rows.push({ company_id: place.companyId, run_id: place.runId, sequence, stream, text: piece, total_bytes: totalBytes, at: now })
    }
  }
  const kept = keptOf({ before, totalBytes }, limits)
  // The newest row tells where the log is, so it is always written.
  for (const row of rows) if (row.sequence === sequence || isKept(row.total_bytes, kept)) await insertRow(tx, row)
  if (kept.from > kept.head && kept.removes) await removeRows(tx, { ...place, after: kept.head, before: kept.from })
  return { sequence, totalBytes }
}

/** Chunks after a sequence, each with how much of the log is missing in front of it. */
export async function readLog(db: Kysely<Database>, place: Place, page: { after: number; limit: number }): Promise<LogChunk[]> {
  const { after, limit } = page
  const previous = after === 0 ? null : first(await lastRow(db, { ...place, upTo: after }))
  let end = previous?.total_bytes ?? 0
  const rows = await rowsAfter(db, { ...place, ...page, after, limit })
  return rows.map(({ total_bytes: totalBytes, ...row }) => {
    const droppedBytes = totalBytes - Buffer.byteLength(row.text) - end
    end = totalBytes
    return { ...row, droppedBytes }
  })
}

const lastRow = statement((db, given: Place & { upTo: number }) =>
  db
    .selectFrom('run_log')
    .select(['sequence', 'total_bytes'])
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .where('sequence', '<=', given.upTo)
    .orderBy('sequence', 'desc')
    .limit(1),
)

const rowsAfter = statement((db, given: Place & { after: number; limit: number }) =>
  db
    .selectFrom('run_log')
    .select(['sequence', 'stream', 'text', 'total_bytes', 'at'])
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .where('sequence', '>', given.after)
    .orderBy('sequence')
    .limit(given.limit),
)

/** Removes the middle of a log: rows that end behind its beginning and in front of its end. */
const removeRows = statement((db, given: Place & { after: number; before: number }) =>
  db
    .deleteFrom('run_log')
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .where('total_bytes', '>', given.after)
    .where('total_bytes', '<', given.before),
)

async function insertRow(tx: Transaction<Database>, row: RunLogTable): Promise<void> {
  await tx.insertInto('run_log').values(row).execute()
}
