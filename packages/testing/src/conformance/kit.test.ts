import { describe, expect, it } from 'vitest'

import { STORAGE_SPEC } from '@engine/core/plugin'

import { defineGroups, group, type StorageToTest } from './kit.ts'

/** What happened, in its order. */
const happened: string[] = []

const target: StorageToTest = {
  name: 'a storage',
  async create() {
    happened.push('created')
    const storage = { spec: STORAGE_SPEC, id: 'fake', family: 'sqlite', open: () => expect.unreachable() } as const
    return { storage, dispose: async () => void happened.push('disposed') }
  },
  skip: { 'the second test': 'it has none of that', 'the skipped group': 'it is not for this' },
}

const plan = (name: string) =>
  group({
    name,
    open: ({ create }) => create(),
    close: (under) => under.dispose(),
    tests: {
      [`${name}, first`]: async () => void happened.push(`${name}, first`),
      'the second test': async () => void happened.push('never'),
      [`${name}, third`]: async (_, { skip }) => {
        happened.push(`${name}, third begins`)
        skip('it turned out that it can not')
        happened.push('never')
      },
    },
  })

describe('a conformance run', () => {
  defineGroups([plan('one'), plan('the skipped group'), plan('two')], target)
  it('opens one scene a group, closes it after its tests, and opens nothing for a group that is skipped', () => {
    const scene = (group: string) => ['created', `${group}, first`, `${group}, third begins`, 'disposed']
    expect(happened).toEqual([...scene('one'), ...scene('two')])
  })
})
