import { expect } from 'vitest'

import { begin } from './begin.ts'
import { expectNothingLeft, withScene, type AdapterTests } from './define.ts'
import type { FloodScene } from './scenes.ts'

/** How an adapter deals with those who take its events. */
export const events: AdapterTests = {
  'waits until each event is taken': (target) =>
    withScene(target.scenes.works, async (scene) => {
      let takenAtOnce = 0
      let most = 0
      const { outcome } = begin(target.create(), scene, {
        async take() {
          takenAtOnce += 1
          most = Math.max(most, takenAtOnce)
          await new Promise((resolve) => setTimeout(resolve, 5))
          takenAtOnce -= 1
        },
      })
      await outcome
      expect(most).toBe(1)
      // The run ended after its last event, not before.
      expect(takenAtOnce).toBe(0)
    }),

  'lets no agent write faster than its events are taken': (target, { skip }) =>
    withScene(target.scenes.floods ?? (() => skip('there is no scene for it')), async (scene) => {
      const gate = Promise.withResolvers<void>()
      const { outcome, events: emitted } = begin(target.create(), scene, { take: () => gate.promise })
      try {
        expect(await writtenAtRest(scene, () => emitted.length > 0)).toBeLessThan(scene.total)
      } finally {
        gate.resolve()
      }
      expect(await outcome).not.toMatchObject({ kind: 'failed' })
      expect(scene.written()).toBe(scene.total)
    }),

  'does not end well when an event was refused': (target) =>
    withScene(target.scenes.works, async (scene) => {
      let refused = 0
      const { outcome } = begin(target.create(), scene, {
        async take({ type }) {
          if (type === 'log') return
          refused += 1
          throw new Error('refused by the test')
        },
      })
      // A defect of the adapter, as Engine would see it, is no success either.
      const ended = await outcome.catch(() => ({ kind: 'failed' }))
      expect(refused).toBeGreaterThan(0)
      expect(ended).toMatchObject({ kind: 'failed' })
      await expectNothingLeft(scene)
    }),
}

const looks = 20

/** How much was written when nothing more was for a while, or when all was. */
async function writtenAtRest(scene: FloodScene, hasBegun: () => boolean): Promise<number> {
  let last = -1
  for (let same = 0; same < looks && last < scene.total;) {
    await new Promise((resolve) => setTimeout(resolve, 25))
    const written = scene.written()
    same = written === last && hasBegun() ? same + 1 : 0
    last = written
  }
  return last
}
