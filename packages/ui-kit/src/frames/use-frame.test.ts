import { expect, it } from 'vitest'

import { nextState, type FrameState } from './use-frame.ts'

const states: readonly FrameState[] = ['opening', 'silent', 'ready', 'foreign', 'flooding', 'left']

it.each(['foreign', 'flooding', 'left'] as const)('a page that was taken off (%s) stays off', (now) => {
  for (const to of states) expect(nextState(now, to)).toBe(now)
})

it('a page is late only while it has not come, and may come late', () => {
  expect(nextState('opening', 'silent')).toBe('silent')
  expect(nextState('ready', 'silent')).toBe('ready')
  expect(nextState('silent', 'ready')).toBe('ready')
})

it.each(['opening', 'silent', 'ready'] as const)('a page that is there (%s) is taken off when it leads elsewhere', (now) =>
  expect(nextState(now, 'left')).toBe('left'),
)
