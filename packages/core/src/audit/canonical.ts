import { createHash } from 'node:crypto'

import { toEvent, type EventRow } from '../events/sql.ts'
import { canonicalJson, sha256 } from '../kernel/json.ts'

/** What stands in the place of the seal before the first one. */
export const noSeal = '0'.repeat(64)

/**
 * An event as it is sealed: the event as `events.list` shows it, with its epoch, as canonical JSON (RFC 8785). Every column
 * is in it, and nothing that databases write differently. @throws SyntaxError when its data is no JSON
 */
export function canonicalEvent(row: EventRow): string {
  return canonicalJson({ ...toEvent(row), epoch: row.epoch })
}

/** A seal that is being made, from events in their order, some at a time. */
export interface OpenSeal {
  add(rows: readonly EventRow[]): void
  end(): string
}

/** The seal of a batch: SHA-256 of the seal before it and the canonical JSON of the array of its events. */
export function beginSeal(previousSeal: string): OpenSeal {
  const hash = createHash('sha256').update(`${previousSeal}[`)
  let separator = ''
  return {
    add(rows) {
      for (const row of rows) {
        hash.update(separator + canonicalEvent(row))
        separator = ','
      }
    },
    end: () => hash.update(']').digest('hex'),
  }
}

/** The seal of a batch whose events are all there. Pure. */
export function sealOf(previousSeal: string, rows: readonly EventRow[]): string {
  const seal = beginSeal(previousSeal)
  seal.add(rows)
  return seal.end()
}

export function sealOfTexts(previousSeal: string, events: readonly string[]): string {
  return sha256(`${previousSeal}[${events.join(',')}]`)
}

/** Whether data that is stored as text is, byte for byte, what was written: SQLite keeps it so, and Postgres has no text of it. */
export function isAsWritten({ data }: EventRow): boolean {
  try {
    return JSON.stringify(JSON.parse(data)) === data
  } catch {
    return false
  }
}
