import { describe, expect, it } from 'vitest'

import { createParser } from './yaml.ts'

const parse = await createParser()

describe('YAML of strangers', () => {
  it('is what it says', () => {
    expect(parse('a: 1\nb: [x, "1", null]\nc: { d: {} }')).toEqual({ a: 1, b: ['x', '1', null], c: { d: {} } })
    expect(parse('')).toBeNull()
    expect(parse('- a\n- b')).toEqual(['a', 'b'])
  })

  it.each([
    ['a key twice', 'a: 1\nb: 2\na: 3', 'key a is there twice'],
    ['a key twice, once as a number', '1: a\n"1": b', 'key 1 is there twice'],
    ['no key twice', '~: a\n"": b', 'key  is there twice'],
    ['a key twice further in', 'a:\n  - { b: 1, b: 2 }', 'key b is there twice'],
    [
      'a key twice among twenty thousand',
      `${Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n')}\nkey0: 2`,
      'key key0 is there twice',
    ],
    ['an alias', 'a: &x [1]\nb: *x', 'Alias resolution is disabled'],
    ['no YAML', 'a: [', 'Flow sequence'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })
})
