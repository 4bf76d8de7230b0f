import { describe, expect, it } from 'vitest'

import { encodeVector, similarity } from './vectors.ts'

describe('a vector that is kept as text', () => {
  const vector = Float32Array.from([0.6, -0.8, 0])

  it('is as near to itself as can be, and to its opposite as far', () => {
    expect(similarity(vector, encodeVector(vector))).toBeCloseTo(1, 6)
    expect(similarity(vector, encodeVector(vector.map((value) => -value)))).toBeCloseTo(-1, 6)
    expect(similarity(vector, encodeVector(Float32Array.from([0, 0, 1])))).toBe(0)
  })

  it('is of the same bytes on every machine', () => {
    expect(encodeVector(Float32Array.from([1, -2]))).toBe('AACAPwAAAMA=')
  })

  it('of another length has nothing in common', () => expect(similarity(vector, encodeVector(Float32Array.from([1])))).toBe(0))
})
