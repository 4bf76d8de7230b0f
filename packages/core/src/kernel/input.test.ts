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

it.each([
  ['expected boolean, received string, or expected one of "on"|"off"', z.union([z.boolean(), z.enum(['on', 'off'])])],
  ['expected number or object, received string', z.union([z.number(), z.strictObject({ secret: z.string() })])],
  ['must be an id or x', z.union([z.uuid(), z.string().regex(/^x$/)], 'must be an id or x')],
  ['Invalid ISO date, or must be x', z.union([z.iso.date(), z.string().regex(/^x$/, 'must be x')])],
])('says of several shapes why none fits: %s', (message, field) => {
  const wanted = expect.objectContaining({ message: `Invalid input: field: ${message}` })
  expect(() => parseInput(z.strictObject({ field }), { field: 'y' })).toThrow(wanted)
})

it.each([
  ['context: expected string, number, boolean, null, array or record, received Date', new Date(0)],
  ['context: at: expected string, number, boolean, null, array or record, received Date', { at: new Date(0) }],
  [
    'context: order: items: 1: size: expected string, number, boolean, null, array or record, received undefined',
    { order: { items: [1, { size: undefined }] } },
  ],
])('names what is no JSON, however deep it lies: %s', (message, context) => {
  const wanted = expect.objectContaining({ message: `Invalid input: ${message}` })
  expect(() => parseInput(z.strictObject({ context: z.json() }), { context })).toThrow(wanted)
})

it('says of a shape that fits but for a member what is wrong with that, and nothing of the others', () => {
  const field = z.union([z.number(), z.strictObject({ secret: z.string() })])
  const wanted = expect.objectContaining({ message: 'Invalid input: field: secret: expected string, received number' })
  expect(() => parseInput(z.strictObject({ field }), { field: { secret: 7 } })).toThrow(wanted)
})
