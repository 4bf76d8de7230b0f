import { expect, it } from 'vitest'

import { runawayReason } from './runaway.ts'
import type { WakeReason } from './schema.ts'

const task = { max_attempts: 3 }
const run = (...reasons: WakeReason[]) => ({ wake_reasons: JSON.stringify(reasons) })
const ended = (reason: WakeReason, more: object = {}) => ({ ...run(reason), status: 'succeeded' as const, error_class: null, ...more })
const times = (count: number, reason: WakeReason, more: object = {}) => Array.from({ length: count }, () => ended(reason, more))

it('the sixth run for one reason is one too many, the fifth is not', () => {
  expect(runawayReason(run('timer'), times(4, 'timer'), task)).toBeNull()
  expect(runawayReason(run('timer'), times(5, 'timer'), task)).toBe('timer')
})

it('each reason is counted by itself', () => {
  expect(runawayReason(run('timer'), [...times(4, 'timer'), ...times(4, 'comment')], task)).toBeNull()
  expect(runawayReason(run('timer', 'comment'), [...times(1, 'timer'), ...times(5, 'comment')], task)).toBe('comment')
})

it('a run that a person asks for is their decision', () => {
  expect(runawayReason(run('timer', 'manual'), times(50, 'timer'), task)).toBeNull()
})

it('what was cancelled, or not let work by its provider, did not happen', () => {
  for (const more of [{ status: 'cancelled' }, { status: 'failed', error_class: 'overloaded' }, { status: 'failed', error_class: 'quota' }])
    expect(runawayReason(run('retry'), times(50, 'retry', more), task)).toBeNull()
  expect(runawayReason(run('retry'), times(5, 'retry', { status: 'failed', error_class: 'transient' }), task)).toBe('retry')
})

it('attempts that a task allows are made', () => {
  expect(runawayReason(run('retry'), times(18, 'retry', { status: 'lost' }), { max_attempts: 20 })).toBeNull()
  expect(runawayReason(run('retry'), times(19, 'retry', { status: 'lost' }), { max_attempts: 20 })).toBe('retry')
})
