import { expect, it } from 'vitest'

import { decodeCursor, encodeCursor, toPage } from './page.ts'

const shape = { item: (row: { id: string }) => row.id, key: (row: { id: string }) => [row.id] }

it('gives a cursor only when there is more', () => {
  expect(toPage([{ id: 'a' }, { id: 'b' }], 2, shape)).toEqual({ items: ['a', 'b'], nextCursor: null })
  expect(toPage([{ id: 'a' }, { id: 'b' }, { id: 'c' }], 2, shape)).toEqual({ items: ['a', 'b'], nextCursor: encodeCursor(['b']) })
  expect(toPage([], 2, shape)).toEqual({ items: [], nextCursor: null })
})

it('reads back the cursors that it made', () => {
  expect(decodeCursor(encodeCursor(['id', 7]), ['string', 'number'])).toEqual(['id', 7])
})

it.each([
  '',
  'garbage',
  '%%%',
  encodeCursor([1]),
  encodeCursor(['a', 'b']),
  Buffer.from('{}').toString('base64url'),
  Buffer.from('null').toString('base64url'),
])('refuses %j as a cursor', (cursor) => {
  expect(() => decodeCursor(cursor, ['string'])).toThrow(/not one that a list returned/)
})
