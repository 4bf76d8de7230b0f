import { expect } from 'vitest'

import { defineErrors, EngineError, RunOutcome } from '@engine/core/plugin'

import type { RecordedHold } from '../recording-meter.ts'
import { until } from '../until.ts'
import { begin } from './begin.ts'
import { expectNothingLeft, withScene, type AdapterTests } from './define.ts'

const { budget_exceeded: exceeded } = defineErrors({ budget_exceeded: { kind: 'budget', help: 'Raise the budget.' } })

/** How an adapter that meters by the call keeps spending within limits. */
export const callMeters: AdapterTests = {
  'holds money before each call of a model, and ends each hold once': (target) =>
    withScene(target.scenes.works, async (scene) => {
      const begunBefore: number[] = []
      const { outcome, meter, events } = begin(target.create(), scene, {
        reserve: async () => void begunBefore.push(scene.begun?.() ?? begunBefore.length),
      })
      await outcome
      expect(meter.holds.length).toBeGreaterThan(0)
      expect(begunBefore).toEqual(meter.holds.map((_, index) => index))
      expect(scene.begun?.() ?? meter.holds.length).toBe(meter.holds.length)
      for (const hold of meter.holds) expectEnded(hold, ['settled'])
      // What was settled is counted with that; an event besides would count it twice.
      expect(events.filter(({ type }) => type === 'usage')).toEqual([])
    }),

  'settles no more than it held': (target) =>
    withScene(target.scenes.works, async (scene) => {
      const { outcome, meter } = begin(target.create(), scene)
      await outcome
      expect(meter.holds.length).toBeGreaterThan(0)
      for (const { call, endings } of meter.holds)
        for (const ending of endings) {
          if (ending.type !== 'settled') continue
          expect(ending.usage).toMatchObject({ provider: call.provider, model: call.model })
          expect(ending.usage.inputTokens ?? 0).toBeLessThanOrEqual(call.inputTokens)
          expect(ending.usage.outputTokens ?? 0).toBeLessThanOrEqual(call.maxOutputTokens)
        }
    }),

  'makes no call that the budget does not allow': (target) =>
    withScene(target.scenes.works, async (scene) => {
      const reserve = () => Promise.reject(new EngineError(exceeded, 'The budget of Ada is used up; Bo can raise it.'))
      const ended = RunOutcome.parse(await begin(target.create(), scene, { reserve }).outcome)
      expect(ended).toMatchObject({ kind: 'failed', class: 'quota', message: expect.stringContaining('Bo can raise it') })
      expect(scene.begun?.() ?? 0).toBe(0)
      await expectNothingLeft(scene)
    }),

  'ends its hold once when the run is stopped': (target) =>
    withScene(target.scenes.hangs, async (scene) => {
      const { outcome, events, meter, stop } = begin(target.create(), scene)
      await until(
        () => events.length,
        (count) => count > 0,
      )
      stop('cancelled')
      await outcome
      expect(meter.holds.length).toBeGreaterThan(0)
      for (const hold of meter.holds) expectEnded(hold, ['settled'])
    }),

  'ends its hold once when its agent fails': (target) =>
    withScene(target.scenes.fails, async (scene) => {
      const { outcome, meter } = begin(target.create(), scene)
      await outcome
      expect(meter.holds.length).toBeGreaterThan(0)
      for (const hold of meter.holds) expectEnded(hold, ['settled', 'released'])
    }),
}

/** How one that does not lets Engine keep it within limits. */
export const eventMeters: AdapterTests = {
  'tells by events what it used, and holds nothing': (target, { skip }) =>
    withScene(target.scenes.works, async (scene) => {
      if (Object.values(scene.usage ?? {}).every((amount) => !amount)) skip('it is not certain that a run of it uses anything')
      const { outcome, events, meter } = begin(target.create(), scene)
      await outcome
      expect(meter.holds).toEqual([])
      expect(events.filter(({ type }) => type === 'usage')).not.toEqual([])
    }),
}

function expectEnded({ endings }: RecordedHold, allowed: readonly string[]): void {
  expect(endings).toHaveLength(1)
  expect(allowed).toContain(endings[0]?.type)
}
