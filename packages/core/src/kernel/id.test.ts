import fc from 'fast-check'
import { validate, version } from 'uuid'
import { expect, it } from 'vitest'

import { createIdGenerator, lowestIdAt } from './id.ts'

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

it('makes version 7 ids that carry their time', () => {
  const id = createIdGenerator(() => 1_700_000_000_123)()
  expect(id).toMatch(pattern)
  expect([validate(id), version(id)]).toEqual([true, 7])
  expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(1_700_000_000_123)
})

it('sorts ids in the order they were made, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 1, maxLength: 300 }), (times) => {
      let index = 0
      const newId = createIdGenerator(() => times[index] ?? 0)
      const ids = times.map((_, position) => {
        index = position
        return newId()
      })
      expect(ids).toEqual(ids.toSorted())
      expect(new Set(ids).size).toBe(ids.length)
    }),
  )
})

it('borrows the next millisecond when one holds more ids than it can count', () => {
  const newId = createIdGenerator(() => 5)
  const ids = Array.from({ length: 10_000 }, newId)
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(10_000)
  for (const id of ids) expect(id).toMatch(pattern)
})

it('knows the lowest id of a time', () => {
  const at = (ms: number) => createIdGenerator(() => ms)()
  for (const ms of [0, 1, 1_700_000_000_123]) {
    expect(validate(lowestIdAt(ms))).toBe(true)
    expect(at(ms) >= lowestIdAt(ms)).toBe(true)
    expect(at(ms) < lowestIdAt(ms + 1)).toBe(true)
  }
  expect(lowestIdAt(-1)).toBe(lowestIdAt(0))
})
