import { describe, expect, it } from 'vitest'

import { FieldError } from '../../data/failure.ts'
import { readFields } from '../../parts/fields.ts'
import { inDollars, rate, readRates, sourceOf } from './rates.ts'

const written = (given: Readonly<Record<string, string>>) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(given)) form.set(name, value)
  return readFields(form)
}

describe('rates', () => {
  it('are shown to the last micro-dollar, and written as they are read', () => {
    expect([3_000_000, 125_000, 75_000, 1, 0].map(rate)).toEqual(['$3.00', '$0.125', '$0.075', '$0.000001', '$0.00'])
    expect(readRates(written({ inputMicros: inDollars(125_000), outputMicros: '$1,000.5' }))).toEqual({
      inputMicros: 125_000,
      outputMicros: 1_000_500_000,
    })
  })

  it('of the cache are left out where nothing is written, and free where a zero is', () => {
    const given = { inputMicros: '3', outputMicros: '15', cachedInputMicros: '0', cacheWriteMicros: ' ' }
    expect(readRates(written(given))).toEqual({ inputMicros: 3_000_000, outputMicros: 15_000_000, cachedInputMicros: 0 })
  })

  it('are refused at their field where they are no amounts', () => {
    for (const outputMicros of ['', 'cheap', '-1', 'Infinity'])
      expect(() => readRates(written({ inputMicros: '1', outputMicros }))).toThrow(FieldError)
  })

  it('say who knows them', () => {
    expect(sourceOf('bundled')).toContain('list prices')
    expect(sourceOf(null)).toBe('nobody')
  })
})
