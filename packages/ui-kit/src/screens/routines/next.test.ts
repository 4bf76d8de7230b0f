import { expect, it } from 'vitest'

import { nextOf } from './next.ts'

it('is the earliest time of all triggers, and none when nothing fires by itself', () => {
  const at = ['2026-03-02T09:00:00.000Z', null, '2026-03-01T09:00:00.000Z'].map((nextAt) => ({ nextAt }))
  expect(nextOf(at)).toBe('2026-03-01T09:00:00.000Z')
  expect(nextOf([{ nextAt: null }])).toBeNull()
})
