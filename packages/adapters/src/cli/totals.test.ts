import { expect, test } from 'vitest'

import type { Counters } from './facts.ts'
import { chargeTotals, isSomething } from './totals.ts'

const counters = (inputTokens: number, costMicros: number | null = null): Counters => ({
  inputTokens,
  outputTokens: 0,
  cachedInputTokens: 0,
  costMicros,
})

test('the first run of a conversation is charged as it is', () => {
  const { usage, charged } = chargeTotals({ a: counters(100, 50) }, {}, 'anthropic')
  expect(usage).toEqual([{ provider: 'anthropic', model: 'a', inputTokens: 100, outputTokens: 0, cachedInputTokens: 0, costMicros: 50 }])
  expect(charged).toEqual({ a: counters(100, 50) })
})

test('a later run is charged for what came since', () => {
  const { usage } = chargeTotals({ a: counters(250, 80), b: counters(7) }, { a: counters(100, 50) })
  expect(usage).toMatchObject([
    { model: 'a', inputTokens: 150, costMicros: 30 },
    { model: 'b', inputTokens: 7 },
  ])
})

test('a run that used nothing is charged nothing', () => {
  expect(chargeTotals({ a: counters(100, 50) }, { a: counters(100, 50) }).usage.filter(isSomething)).toEqual([])
})

test('counters that have begun again are all new', () => {
  const { usage, charged } = chargeTotals({ a: counters(60, 20) }, { a: counters(100, 50) })
  expect(usage).toMatchObject([{ inputTokens: 60, costMicros: 20 }])
  expect(charged).toEqual({ a: counters(60, 20) })
})

test('counters that a program which failed leaves at zero change nothing', () => {
  const before = { a: counters(100, 50) }
  expect(chargeTotals({ a: counters(0, 0) }, before)).toEqual({ usage: [], charged: before })
  expect(chargeTotals({}, before)).toEqual({ usage: [], charged: before })
})

test('a model without a name is charged without one', () => {
  expect(chargeTotals({ '': counters(5) }, {}).usage).toEqual([{ inputTokens: 5, outputTokens: 0, cachedInputTokens: 0 }])
})
