import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Variable } from './schema.ts'
import { assertPlaceholders, render } from './template.ts'
import { asTexts, assertDeclarations, valuesOf } from './variables.ts'

const declare = (more: Partial<Variable> & { name: string }): Variable => ({
  type: 'text',
  description: null,
  isRequired: false,
  default: null,
  options: null,
  ...more,
})
const rule = (message: string) => expect.objectContaining({ kind: 'rule', message: expect.stringContaining(message) })

describe('a template', () => {
  it('has values put in as text, in title, description, tags and criteria', () => {
    const template = { title: 'Report of {{ month }}', description: '{{month}}: {{n}}', tags: ['{{n}}'], acceptanceCriteria: ['{{yes}}'] }
    const values = asTexts({ month: 'May', n: 1e21, yes: true })
    expect(render(template, values)).toEqual({
      title: 'Report of May',
      description: 'May: 1e+21',
      tags: ['1e+21'],
      acceptanceCriteria: ['true'],
    })
  })

  it('does not read what values say as a template, a pattern or code', () => {
    const values = asTexts({ a: '{{b}} $& $1 ${x} {{{{', b: 'secret' })
    expect(render({ title: '{{a}}!' }, values).title).toBe('{{b}} $& $1 ${x} {{{{!')
  })

  it('gives back what was put in, whatever it is', () => {
    const braces = fc.array(fc.constantFrom('{{', '}}', '{{a}}', '{{b}}', '$&', '$1', '__proto__', '{{constructor}}', 'x'), {
      maxLength: 8,
    })
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      braces.map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(value, value, (a, b) => {
        const values = new Map(Object.entries({ a, b }))
        expect(render({ title: '<{{a}}|{{ b }}>' }, values).title).toBe(`<${a}|${b}>`)
      }),
      { numRuns: 20_000 },
    )
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })

  it('shows nothing for an optional variable without a value', () => {
    expect(render({ title: 'a{{b}}c' }, asTexts({})).title).toBe('ac')
  })

  it.each(['constructor', 'toString', 'hasOwnProperty'])('does not know {{%s}} because objects have it', (name) => {
    expect(render({ title: `a{{${name}}}` }, asTexts({})).title).toBe('a')
    expect(() => assertPlaceholders({ title: `{{${name}}}` }, [])).toThrow(rule(`{{${name}}} names a variable`))
  })

  it('is refused for a placeholder that names nothing, wherever it stands', () => {
    const known = [declare({ name: 'a' })]
    expect(() => assertPlaceholders({ title: '{{a}} {{b}}' }, known)).toThrow(rule('task.title: {{b}}'))
    expect(() => assertPlaceholders({ title: 'x', tags: ['{{a}}', '{{b}}'] }, known)).toThrow(rule('task.tags.1: {{b}}'))
    for (const title of ['{{#if a}}', '{{a.b}}', '{{}}', '{{ a'])
      expect(() => assertPlaceholders({ title }, known)).toThrow(rule('task.title'))
  })
})

describe('variables', () => {
  const declared = [
    declare({ name: 'text', default: 'standing' }),
    declare({ name: 'number', type: 'number', isRequired: true }),
    declare({ name: 'flag', type: 'boolean' }),
    declare({ name: 'pick', type: 'select', options: ['a', 'b'] }),
    declare({ name: 'day', type: 'date' }),
  ]

  it('have the value given, or their default, or none', () => {
    expect(valuesOf(declared, { number: 0, flag: false, pick: 'b', day: '2028-02-29' })).toEqual({
      text: 'standing',
      number: 0,
      flag: false,
      pick: 'b',
      day: '2028-02-29',
    })
    expect(valuesOf(declared, { number: 1, text: '' })).toEqual({ text: '', number: 1 })
  })

  it.each([
    [{}, 'variables.number: it is required'],
    [{ number: '1' }, 'variables.number: the value must be a number'],
    [{ number: Number.NaN }, 'variables.number'],
    [{ number: 1, flag: 'true' }, 'variables.flag: the value must be true or false'],
    [{ number: 1, pick: 'c' }, 'variables.pick: the value must be one of its options'],
    [{ number: 1, day: '2026-02-30' }, 'variables.day: the value must be a day'],
    [{ number: 1, text: { a: 1 } }, 'variables.text: the value must be a text'],
    [{ number: 1, text: 'x'.repeat(8_193) }, 'variables.text'],
    [{ number: 1, other: 1 }, 'declares no other'],
  ])('%j is refused: %s', (given, message) => {
    expect(() => valuesOf(declared, given)).toThrow(rule(message))
  })

  it('are declared once, with defaults and options of their type', () => {
    expect(() => assertDeclarations([declare({ name: 'a' }), declare({ name: 'a' })])).toThrow(rule('a is declared twice'))
    expect(() => assertDeclarations([declare({ name: 'a', type: 'number', default: 'x' })])).toThrow(rule('variables.a'))
    expect(() => assertDeclarations([declare({ name: 'a', type: 'select' })])).toThrow(rule('a select has options'))
    expect(() => assertDeclarations([declare({ name: 'a', options: ['x'] })])).toThrow(rule('a select has options'))
    expect(() => assertDeclarations([declare({ name: 'a', type: 'select', options: ['x'], default: 'y' })])).toThrow(rule('variables.a'))
  })
})
