import type { EngineOptions } from '@engine/core'

import { createFakeClock, type FakeClock } from './clock.ts'
import { createRandom, type Random } from './seed.ts'

/** What makes all that happens in an engine the same again. */
export interface Repeatable extends Required<Pick<EngineOptions, 'random' | 'newId'>> {
  readonly clock: FakeClock
  /** For the choices of the test itself. */
  readonly choices: Random
}

/**
 * Options with which an engine on a database of its own records the same log for the same seed and the same calls: a clock that stands
 * still, ids and chance by the seed. What is kept secret stays random: keys, tokens and how secrets are sealed.
 *
 * @example const { engine } = await createTestEngine({ storage: sqlite(':memory:'), ...repeatable(7) })
 */
export function repeatable(seed: number, startMs?: number): Repeatable {
  const clock = createFakeClock(startMs)
  const ids = createRandom(seed)
  const chance = createRandom(seed + 1)
  let count = 0
  return {
    clock,
    choices: createRandom(seed + 2),
    random: () => chance.next(),
    newId() {
      // The sort of ids follows their time, and then the order in which they were made.
      count += 1
      const time = Math.floor(clock.now()).toString(16).padStart(12, '0')
      const order = count.toString(16).padStart(8, '0').slice(-8)
      const rest = Math.floor(ids.next() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
      return `${time.slice(0, 8)}-${time.slice(8)}-7${order.slice(0, 3)}-8${order.slice(3, 6)}-${order.slice(6)}00${rest}`
    },
  }
}
