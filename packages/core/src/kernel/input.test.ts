import { expect, it } from 'vitest'
import { z } from 'zod'

import { parseInput } from './input.ts'

const schema = z.strictObject({ name: z.string().min(1).max(10).optional(), tags: z.array(z.string()).min(1).optional() })

it.each([
  { name: { length: { toString: 1, valueOf: 1 } } },
  { name: { length: JSON.parse('{"__proto__x":1,"toString":"x"}') } },
  { tags: { length: { valueOf: 1, toString: 1 } } },
])('is the mistake of its caller when a field has a length that is worth no number: %j', (input) => {
  expect(() => parseInput(schema, input)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

it('takes what merely is called length', () => {
  const open = z.strictObject({ context: z.record(z.string(), z.unknown()) })
  const context = { length: { toString: 1 } }
  expect(parseInput(open, { context })).toEqual({ context })
})
