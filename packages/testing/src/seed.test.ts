import { inspect } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { chooseSeed, createRandom, withSeed } from './seed.ts'

const draw = (seed: number, count = 20) => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => random.next())
}
const sorted = (list: readonly number[]) => list.toSorted((left, right) => left - right)

describe('a seeded source', () => {
  it('repeats itself for the same seed, and only then', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (left, right) => {
        expect(draw(left)).toEqual(draw(left))
        fc.pre((left | 0) !== (right | 0))
        expect(draw(left)).not.toEqual(draw(right))
      }),
    )
  })

  it('stays in its bounds and reaches all of them', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 20 }), (seed, bound) => {
        const random = createRandom(seed)
        const seen = new Set(Array.from({ length: bound * 50 }, () => random.int(bound)))
        expect(sorted([...seen])).toEqual(Array.from({ length: bound }, (_, index) => index))
      }),
    )
    const mean = draw(1, 10_000).reduce((sum, each) => sum + each, 0) / 10_000
    expect(mean).toBeCloseTo(0.5, 1)
  })

  it('shuffles and picks what is there', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(), { minLength: 1 }), (seed, list) => {
        const random = createRandom(seed)
        const before = [...list]
        expect(sorted(random.shuffle(list))).toEqual(sorted(before))
        expect(list).toEqual(before)
        expect(list).toContain(random.pick(list))
      }),
    )
    const orders = Array.from({ length: 200 }, (_, seed) => createRandom(seed).shuffle([1, 2, 3]).join(''))
    expect(new Set(orders).size).toBe(6)
    expect(() => createRandom(1).pick([])).toThrow('nothing to pick')
  })
})

describe('the seed', () => {
  it('is the one that the environment names', () => {
    expect(chooseSeed({ ENGINE_SEED: '42' })).toBe(42)
    expect(chooseSeed({ ENGINE_SEED: '-7' })).toBe(-7)
    expect(() => chooseSeed({ ENGINE_SEED: 'abc' })).toThrow('ENGINE_SEED is a whole number')
  })

  it('is another one each time when the environment names none', () => {
    const seeds = Array.from({ length: 20 }, () => chooseSeed({ ENGINE_SEED: '' }))
    expect(new Set(seeds).size).toBeGreaterThan(1)
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true)
    for (const seed of seeds) expect(chooseSeed({ ENGINE_SEED: String(seed) })).toBe(seed)
  })

  it('stands before the message of a failure, in the same error and in its stack', async () => {
    const failure = Object.assign(new Error('two owners'), { expected: 1, actual: 2 })
    const caught: unknown = await withSeed(() => Promise.reject(failure), 7).catch((error: unknown) => error)
    expect(caught).toBe(failure)
    expect(failure.message).toBe('ENGINE_SEED=7 two owners')
    expect(inspect(failure)).toContain('ENGINE_SEED=7 two owners')
  })

  it('is told too where the error can not be changed or is none', async () => {
    const abort = new DOMException('aborted', 'AbortError')
    await expect(withSeed(() => Promise.reject(abort), 7)).rejects.toMatchObject({ message: 'ENGINE_SEED=7 aborted', cause: abort })
    await expect(withSeed(() => Promise.reject('text'), 7)).rejects.toMatchObject({ message: 'ENGINE_SEED=7 text', cause: 'text' })
    const thrown = () => {
      throw new Error('at once')
    }
    await expect(withSeed(thrown, 7)).rejects.toThrow('ENGINE_SEED=7 at once')
  })

  it('decides what the body sees, whose answer is passed on', async () => {
    expect(await withSeed((random) => [random.seed, random.next()], 3)).toEqual([3, draw(3, 1)[0]])
  })
})
