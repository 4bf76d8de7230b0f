import { expect } from 'vitest'

import { RunOutcome } from '@engine/core/plugin'

import { until } from '../until.ts'
import { begin } from './begin.ts'
import { expectNothingLeft, withScene, type AdapterTests } from './define.ts'

/** What becomes of a run that is stopped. */
export const stops: AdapterTests = {
  'begins nothing when it was stopped before': (target) =>
    withScene(target.scenes.hangs, async (scene) => {
      const { outcome } = begin(target.create(), scene, { isStopped: true })
      expect(RunOutcome.parse(await outcome)).toMatchObject({ kind: 'failed' })
      expect(scene.begun?.() ?? 0).toBe(0)
      await expectNothingLeft(scene)
    }),

  'ends as failed when it is stopped, and is silent then': (target) =>
    withScene(target.scenes.hangs, async (scene) => {
      const { outcome, events, stop } = begin(target.create(), scene)
      await until(
        () => events.length,
        (count) => count > 0,
      )
      stop('cancelled')
      expect(RunOutcome.parse(await outcome)).toMatchObject({ kind: 'failed' })
      const emitted = events.length
      await expectNothingLeft(scene)
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(events.length).toBe(emitted)
    }),

  'ends as failed when it is stopped while an event is being taken': (target) =>
    withScene(target.scenes.hangs, async (scene) => {
      const taken = Promise.withResolvers<void>()
      const { outcome, events, stop } = begin(target.create(), scene, { take: () => taken.promise })
      await until(
        () => events.length,
        (count) => count > 0,
      )
      stop('lease_lost')
      taken.resolve()
      expect(RunOutcome.parse(await outcome)).toMatchObject({ kind: 'failed' })
      await expectNothingLeft(scene)
    }),
}
