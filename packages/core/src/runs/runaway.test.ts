import { expect, it } from 'vitest'

import { runawayReason } from './runaway.ts'
import type { WakeReason } from './schema.ts'

const task = { max_attempts: 3 }
const run = (...reasons: WakeReason[]) => ({ wake_reasons: JSON.stringify(reasons) })
const times = (count: number, reason: WakeReason) => Array.from({ length: count }, () => run(reason))

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

it('attempts that a task allows are made', () => {
  expect(runawayReason(run('retry'), times(18, 'retry'), { max_attempts: 20 })).toBeNull()
  expect(runawayReason(run('retry'), times(19, 'retry'), { max_attempts: 20 })).toBe('retry')
})
