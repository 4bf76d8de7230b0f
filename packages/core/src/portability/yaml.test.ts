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
    ['a key twice further in', 'a:\n  - { b: 1, b: 2 }', 'key b is there twice'],
    ['an alias', 'a: &x [1]\nb: *x', 'Alias resolution is disabled'],
    ['no YAML', 'a: [', 'Flow sequence'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  it('takes ten times as long for ten times as many keys, and not a hundred', () => {
    const costOnce = (text: string) => {
      const before = process.cpuUsage()
      parse(text)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    // The least of some: what else a process does now and then, such as collecting garbage, is not asked for.
    const cost = (count: number) => {
      const text = Array.from({ length: count }, (_, index) => `key${index}: 1`).join('\n')
      return Math.min(...Array.from({ length: 4 }, () => costOnce(text)))
    }
    cost(2_000)
    expect(cost(20_000) / cost(2_000)).toBeLessThan(40)
  })
})
