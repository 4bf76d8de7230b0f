import { expect, it } from 'vitest'
import { z } from 'zod'

import { jsonSchemaOf } from './json-schema.ts'
import { decodeCursor, encodeCursor, pageInput, toPage } from './page.ts'
import { wholeNumber } from './schema.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const shape = { item: (row: { id: string }) => row.id, key: (row: { id: string }) => [row.id] }

it('gives a cursor only when there is more', () => {
  expect(toPage([{ id: 'a' }, { id: 'b' }], 2, shape)).toEqual({ items: ['a', 'b'], nextCursor: null })
  expect(toPage([{ id: 'a' }, { id: 'b' }, { id: 'c' }], 2, shape)).toEqual({ items: ['a', 'b'], nextCursor: encodeCursor(['b']) })
  expect(toPage([], 2, shape)).toEqual({ items: [], nextCursor: null })
})

it('reads back the cursors that it made', () => {
  expect(decodeCursor(encodeCursor([id, 7]), ['id', 'number'])).toEqual([id, 7])
})

it('refuses a number that no row can have', () => {
  expect(() => decodeCursor(encodeCursor([1e308]), ['number'])).toThrow(/not one that a list returned/)
})

it.each([
  '',
  'garbage',
  '%%%',
  encodeCursor([1]),
  encodeCursor(['no id']),
  encodeCursor([id, id]),
  Buffer.from('{}').toString('base64url'),
  Buffer.from('null').toString('base64url'),
])('refuses %j as a cursor', (cursor) => {
  expect(() => decodeCursor(cursor, ['id'])).toThrow(/not one that a list returned/)
})

it('takes how many as a number, or as the text of one that a query string has', () => {
  const schema = z.strictObject(pageInput)
  type Given = z.input<typeof schema>
  // @ts-expect-error: whoever calls by the types is told before
  const wrong: Given = { limit: null }
  const right: Given[] = [{ limit: 7 }, { limit: '7' }]
  expect(right.map((given) => schema.parse(given).limit)).toEqual([7, 7])
  expect(() => schema.parse(wrong)).toThrow()
})

it.each(['', ' ', '0x10', '1e1', ' 7', '7.0', '-7', '9'.repeat(16), true, [7]])('takes %j for no number', (given) => {
  expect(() => wholeNumber(0).parse(given)).toThrow()
})

it('tells what a whole number is when nobody says it', () => {
  const { properties } = jsonSchemaOf(z.strictObject(pageInput), 'input')
  expect(properties).toMatchObject({ limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 } })
})
