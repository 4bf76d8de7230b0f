import { expect, it } from 'vitest'

import { wasAttempt } from './earlier.ts'
import { runMachine } from './machine.ts'

it.each(runMachine.statuses)('a run that is %s was an attempt when it has ended and nobody cancelled it', (status) => {
  const isEnded = ['succeeded', 'failed', 'timed_out', 'lost'].includes(status)
  expect(wasAttempt({ status, error_class: null })).toBe(isEnded)
})

it('a run that its provider did not let work was none', () => {
  for (const error_class of ['overloaded', 'quota', 'rate_limited'] as const)
    expect(wasAttempt({ status: 'failed', error_class })).toBe(false)
  expect(wasAttempt({ status: 'failed', error_class: 'transient' })).toBe(true)
})
