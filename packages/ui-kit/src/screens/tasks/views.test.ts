import { expect, it } from 'vitest'

import { readViews } from './views.ts'

it('reads the views that a preference has, and nothing else that stands there', () => {
  const mine = { name: 'Mine', choices: { status: 'todo' } }
  expect(readViews([mine, null, 'x', { name: 1, choices: {} }, { name: 'no choices' }])).toEqual([mine])
  expect(readViews([{ name: 'odd', choices: { status: 'todo', deep: { x: 1 } } }])).toEqual([{ name: 'odd', choices: { status: 'todo' } }])
  expect([readViews(undefined), readViews({ a: 1 })]).toEqual([[], []])
})
