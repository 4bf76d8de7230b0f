import { expect } from 'vitest'

import { RunOutcome, type AdapterEvent, type RunUsage } from '@engine/core/plugin'

import { begin } from './begin.ts'
import { expectNothingLeft, withScene, type AdapterTests } from './define.ts'

const amounts = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costMicros'] as const
const mostSessionBytes = 65_536

/** How runs end, and what they leave. */
export const runs: AdapterTests = {
  'ends well when its agent does': (target) =>
    withScene(target.scenes.works, async (scene) => {
      const { outcome, events } = begin(target.create(), scene, { title: 'Polish the tables' })
      const ended = await outcome
      expect(RunOutcome.parse(ended)).toEqual(ended)
      expect(ended).not.toMatchObject({ kind: 'failed' })
      expect(JSON.stringify(events)).toContain('Polish the tables')
      await expectNothingLeft(scene)
    }),

  'ends as failed when its agent fails, and does not reject': (target) =>
    withScene(target.scenes.fails, async (scene) => {
      const ended = await begin(target.create(), scene).outcome
      expect(RunOutcome.parse(ended)).toMatchObject({ kind: 'failed' })
      await expectNothingLeft(scene)
    }),

  'ends as failed when nobody can read what its agent says': (target, { skip }) =>
    withScene(target.scenes.babbles ?? (() => skip('there is no scene for it')), async (scene) => {
      const ended = await begin(target.create(), scene).outcome
      expect(RunOutcome.parse(ended)).toMatchObject({ kind: 'failed' })
      await expectNothingLeft(scene)
    }),

  'counts what it used in whole amounts that add up': (target) =>
    withScene(target.scenes.works, async (scene) => {
      const { outcome, events, meter } = begin(target.create(), scene)
      await outcome
      const used = [...events.flatMap((event) => (event.type === 'usage' ? [event.usage] : [])), ...meter.settled]
      for (const usage of used) for (const amount of amounts) expect(isAmount(usage[amount])).toBe(true)
      if (scene.usage) expect(sumOf(used)).toEqual({ ...sumOf([]), ...scene.usage })
    }),

  'goes on from what the last run left': (target, { skip }) =>
    withScene(target.scenes.works, async (scene) => {
      const first = begin(target.create(), scene)
      await first.outcome
      const left = lastSession(first.events)
      if (left === undefined) return skip('its runs leave nothing')
      expect(JSON.parse(JSON.stringify(left))).toEqual(left)
      expect(Buffer.byteLength(JSON.stringify(left))).toBeLessThanOrEqual(mostSessionBytes)
      expect(await begin(target.create(), scene, { session: left }).outcome).not.toMatchObject({ kind: 'failed' })
    }),

  'keeps two runs at once apart': (target) =>
    withScene(target.scenes.works, async (scene) => {
      const adapter = target.create()
      const titles = ['Paint the wardrobe', 'Oil the bench'] as const
      const [paint, oil] = [begin(adapter, scene, { title: titles[0] }), begin(adapter, scene, { title: titles[1] })]
      expect(await Promise.all([paint.outcome, oil.outcome])).not.toContainEqual(expect.objectContaining({ kind: 'failed' }))
      const said = [paint, oil].map(({ events }) => JSON.stringify(events))
      expect(said.map((text) => titles.filter((title) => text.includes(title)))).toEqual([[titles[0]], [titles[1]]])
    }),
}

function isAmount(value: number | undefined): boolean {
  return value === undefined || (Number.isSafeInteger(value) && value >= 0)
}

function sumOf(used: readonly RunUsage[]): Record<string, number> {
  return Object.fromEntries(amounts.map((amount) => [amount, used.reduce((sum, usage) => sum + (usage[amount] ?? 0), 0)]))
}

function lastSession(events: readonly AdapterEvent[]) {
  return events.findLast((event) => event.type === 'session')?.state
}
