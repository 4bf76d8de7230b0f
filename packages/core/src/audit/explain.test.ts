import { describe, expect, it } from 'vitest'

import type { EventRow } from '../events/sql.ts'
import { canonicalEvent, noSeal, sealOf } from './canonical.ts'
import { explain, isIntact, type Batch } from './explain.ts'
import { beginBatch } from './seal.ts'
import type { SealTable } from './table.ts'

const companyId = '01990000-0000-7000-8000-00000000000a'
const start = Date.UTC(2026, 0, 1)

/** The event with this seq, made that many seconds after the first, with an id of two milliseconds later. */
function event(seq: number, more: Partial<EventRow> = {}): EventRow {
  const ms = start + seq * 1_000
  const time = (ms + 2).toString(16).padStart(12, '0')
  return {
    seq,
    epoch: 1,
    id: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`,
    company_id: companyId,
    type: 'task.created',
    actor_kind: 'user',
    actor_id: 'ann',
    run_id: null,
    entity_type: 'task',
    entity_id: companyId,
    entity_version: 1,
    data: '{"title":"Write"}',
    request_id: null,
    at: new Date(ms).toISOString(),
    ...more,
  }
}

const events = (...seqs: number[]) => seqs.map((seq) => event(seq))
/** Sealed as an engine does it, which reads a log little by little. */
function close(previous: SealTable | null, rows: readonly EventRow[]): SealTable {
  const batch = beginBatch(previous)
  for (const row of rows) batch.add([row])
  const seal = batch.end({ epoch: 1, now: '2026-01-01T00:00:00.000Z' })
  if (!seal) throw new Error('there is nothing to seal')
  return seal
}

const first = close(null, events(1, 2, 3))
const second = close(first, events(5, 6, 7, 9))
const third = close(second, events(12))
/** The second batch, with what somebody did to it. */
const batch = (more: Partial<Batch> = {}): Batch => ({
  previous: first,
  seal: second,
  rows: events(5, 6, 7, 9),
  keepsText: true,
  ...more,
})

describe('a seal', () => {
  it('is the same for the same values, however a database writes them', () => {
    const [one, other] = ['{"b":[1.0,1e2,"ü"],"a":{"d":null,"c":true}}', '{"a": {"c": true, "d": null}, "b": [1, 100, "\\u00fc"]}']
    expect(sealOf(noSeal, [event(1, { data: one })])).toBe(sealOf(noSeal, [event(1, { data: other })]))
  })

  it('is made of JSON as RFC 8785 has it: names by their UTF-16 code units, numbers as short as they can be', () => {
    const data = '{"\\u20ac":"Euro","\\r":"CR","1":"One","\\u0080":"Control","\\ud83d\\ude02":"Smiley","\\u00f6":"O","\\ufb33":"Dalet"}'
    const names = '{"\\r":"CR","1":"One","\u0080":"Control","ö":"O","€":"Euro","😂":"Smiley","\ufb33":"Dalet"}'
    expect(canonicalEvent(event(1, { data }))).toContain(`"data":${names}`)
    const numbers = '{"n":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0]}'
    expect(canonicalEvent(event(1, { data: numbers }))).toContain('"n":[333333333.3333333,1e+30,4.5,0.002,1e-27,0]')
  })

  it.each<[keyof EventRow, Partial<EventRow>]>([
    ['seq', { seq: 2 }],
    ['epoch', { epoch: 2 }],
    ['id', { id: companyId }],
    ['company_id', { company_id: '01990000-0000-7000-8000-00000000000b' }],
    ['type', { type: 'task.updated' }],
    ['actor_kind', { actor_kind: 'agent' }],
    ['actor_id', { actor_id: 'bob' }],
    ['run_id', { run_id: companyId }],
    ['entity_type', { entity_type: 'goal' }],
    ['entity_id', { entity_id: '01990000-0000-7000-8000-00000000000b' }],
    ['entity_version', { entity_version: 2 }],
    ['data', { data: '{"title":"Writ"}' }],
    ['request_id', { request_id: 'r' }],
    ['at', { at: '2026-01-01T00:00:00.001Z' }],
  ])('covers %s', (column, change) => {
    expect(Object.keys(change)).toEqual([column])
    expect(sealOf(noSeal, [event(1, change)])).not.toBe(sealOf(noSeal, [event(1)]))
  })

  it('covers every column of an event', () => {
    expect(Object.keys(event(1))).toHaveLength(14)
  })

  it('follows from the one before', () => {
    expect(first.previous_seal).toBe(noSeal)
    expect(second).toMatchObject({ number: 2, first_seq: 5, last_seq: 9, count: 4, previous_seal: first.seal })
    expect(sealOf(noSeal, events(5, 6, 7, 9))).not.toBe(second.seal)
  })

  it('is none where nothing follows', () => {
    expect(() => close(first, [])).toThrow('nothing to seal')
  })
})

describe('a batch', () => {
  it('that is as it was sealed is intact', () => {
    expect(isIntact(batch())).toBe(true)
    expect(isIntact({ previous: null, seal: first, rows: events(1, 2, 3), keepsText: true })).toBe(true)
  })

  const swapped = [event(5), event(6, { ...event(7), seq: 6 }), event(7, { ...event(6), seq: 7 }), event(9)]
  const cases: readonly (readonly [string, Partial<Batch>, string, RegExp])[] = [
    ['without an event', { rows: events(5, 6, 9) }, 'events_deleted', /4 events were sealed, 3 are there/],
    ['without its last event', { rows: events(5, 6, 7) }, 'events_deleted', /3 are there/],
    ['without any event', { rows: [] }, 'events_deleted', /0 are there/],
    ['with an event more', { rows: events(5, 6, 7, 8, 9) }, 'events_inserted', /Batch 2: 4 events were sealed, and more lie/],
    ['with an event before its first', { rows: events(4, 5, 6, 7, 9) }, 'events_inserted', /more lie/],
    ['with an event in the place of another', { rows: events(5, 6, 8, 9) }, 'events_edited', /edited, replaced, moved/],
    ['with another actor', { rows: [event(5, { actor_id: 'bob' }), ...events(6, 7, 9)] }, 'events_edited', /5 to 9/],
    ['with data that are no JSON', { rows: [event(5), event(6, { data: '{' }), ...events(7, 9)] }, 'events_edited', /event 6/],
    [
      'with a space in its data',
      { rows: [event(5), event(6, { data: '{"title": "Write"}' }), ...events(7, 9)] },
      'events_edited',
      /event 6/,
    ],
    ['in another order', { rows: swapped }, 'events_reordered', /of 6, 7\.$/],
    [
      'with another time',
      { rows: [event(5, { at: '2026-03-01T00:00:00.000Z' }), ...events(6, 7, 9)] },
      'event_redated',
      /event 5 was sealed as of 2026-01-01T00:00:05\.000Z/,
    ],
    ['with a time that is none', { rows: [event(5, { at: 'soon' }), ...events(6, 7, 9)] }, 'event_redated', /is now of soon/],
    ['with another seal', { seal: { ...second, seal: noSeal } }, 'seal_edited', /its seal is not/],
    ['with another seal before it', { seal: { ...second, previous_seal: noSeal } }, 'seal_edited', /the rest of its seal/],
    ['with another count', { seal: { ...second, count: 5 } }, 'seal_edited', /the rest of its seal/],
  ]
  it.each(cases)('%s is not, and that is said', (...[, change, kind, message]) => {
    expect(isIntact(batch(change))).toBe(false)
    expect(explain(batch(change), third)).toMatchObject({ kind, number: 2 })
    expect(explain(batch(change), third).message).toMatch(message)
  })

  it('that was sealed anew is named by the one that follows', () => {
    const anew = close(first, [event(5, { actor_id: 'bob' }), ...events(6, 7, 9)])
    const after = { previous: anew, seal: third, rows: events(12), keepsText: true }
    expect(isIntact(after)).toBe(false)
    expect(explain(after, null)).toMatchObject({ kind: 'batch_resealed', number: 2, firstSeq: 5, lastSeq: 9 })
    expect(explain({ ...after, previous: null, seal: { ...third, number: 1 } }, null)).toMatchObject({ kind: 'batch_resealed', number: 1 })
  })

  it('of a database that keeps no text may have another one', () => {
    const rows = [event(5), event(6, { data: '{ "title": "Write" }' }), ...events(7, 9)]
    expect(isIntact(batch({ rows, keepsText: false }))).toBe(true)
  })
})
