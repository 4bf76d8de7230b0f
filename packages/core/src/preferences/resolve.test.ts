import { expect, it } from 'vitest'

import { resolvePreferences } from './resolve.ts'
import type { Preferred } from './table.ts'

const of = (scope: Preferred['scope'], value: unknown, { distance = 0, key = 'k' } = {}): Preferred => ({
  key,
  value: JSON.stringify(value),
  scope,
  scope_id: `${scope}${distance}`,
  distance,
})

it('the nearest decides: task, tasks above it, project, agent, person, company', () => {
  const all = [
    of('company', 1),
    of('task', 6),
    of('user', 2),
    of('task', 5, { distance: 1 }),
    of('task', 5.5, { distance: 2 }),
    of('project', 4),
    of('agent', 3),
  ]
  const order: unknown[] = []
  for (let left = all; left.length > 0;) {
    const [winner] = resolvePreferences(left)
    order.push(winner?.from.id)
    left = left.filter(({ scope_id }) => scope_id !== winner?.from.id)
  }
  expect(order).toEqual(['task0', 'task1', 'task2', 'project0', 'agent0', 'user0', 'company0'])
})

it('a value counts as a whole, also when it is null, and each key by itself', () => {
  const resolved = resolvePreferences([
    of('company', { a: 1, b: 2 }),
    of('project', { a: 3 }),
    of('company', 'set', { key: 'other' }),
    of('user', null, { key: 'other' }),
  ])
  expect(resolved).toEqual([
    { key: 'k', value: { a: 3 }, from: { scope: 'project', id: 'project0' } },
    { key: 'other', value: null, from: { scope: 'user', id: 'user0' } },
  ])
})
