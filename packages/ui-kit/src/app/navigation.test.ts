import { expect, it } from 'vitest'

import { groups, isBelow, navigation } from './navigation.ts'

it('each entry has a key and a name that no other has', () => {
  for (const of of ['key', 'name'] as const) expect(new Set(navigation.map((entry) => entry[of])).size).toBe(navigation.length)
})

it('entries stand in the order of their groups', () => {
  const order = navigation.map(({ group }) => groups.indexOf(group))
  expect(order).toEqual(order.toSorted((one, other) => one - other))
})

it('a place stands below one entry at most', () => {
  const held = navigation.flatMap(({ holds, place }) => [...holds, place.screen])
  expect(new Set(held).size).toBe(held.length)
  expect(navigation.filter((entry) => isBelow(entry, { screen: 'run', runId: '1' })).map(({ name }) => name)).toEqual(['Tasks'])
})
