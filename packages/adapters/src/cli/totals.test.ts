import { expect, test } from 'vitest'

import { isSomething, usageOfTotals } from './totals.ts'

const counters = (inputTokens: number, costMicros: number | null = null) => ({
  inputTokens,
  outputTokens: 0,
  cachedInputTokens: 0,
  costMicros,
})

test('the counters of a conversation are told as they are, and as such', () => {
  expect(usageOfTotals({ totals: { a: counters(100, 50), b: counters(7) }, provider: 'anthropic', beginsAnew: false })).toEqual([
    { provider: 'anthropic', model: 'a', inputTokens: 100, outputTokens: 0, cachedInputTokens: 0, costMicros: 50, cumulative: true },
    { provider: 'anthropic', model: 'b', inputTokens: 7, outputTokens: 0, cachedInputTokens: 0, cumulative: true },
  ])
})

test('a model without a name is told without one', () => {
  const usage = usageOfTotals({ totals: { '': counters(5) }, beginsAnew: false })
  expect(usage).toEqual([{ inputTokens: 5, outputTokens: 0, cachedInputTokens: 0, cumulative: true }])
})

test('the counters of another conversation than the last one are said to begin at nothing', () => {
  const usage = usageOfTotals({ totals: { a: counters(100) }, beginsAnew: true })
  expect(usage.map(({ inputTokens }) => inputTokens)).toEqual([0, 100])
})

test('counters that a program which failed leaves at zero are not told', () => {
  expect(usageOfTotals({ totals: { a: counters(0, 0), b: counters(0, 1) }, beginsAnew: false })).toMatchObject([{ model: 'b' }])
  expect([{}, { inputTokens: 0 }, { inputTokens: 1 }].map(isSomething)).toEqual([false, false, true])
})
