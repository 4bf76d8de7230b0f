import { expect } from 'vitest'

import { ADAPTER_SPEC } from '@engine/core/plugin'

import { configurationTests } from '../configuration.ts'
import { start } from './begin.ts'
import { withScene, type AdapterTests } from './define.ts'

/** What an adapter says of itself, and what it takes for a configuration. */
export const contract: AdapterTests = {
  'says which port it speaks, and its name': async ({ create }) => {
    const adapter = create()
    expect(adapter.spec).toBe(ADAPTER_SPEC)
    expect(adapter.type).toMatch(/^[a-z][a-z0-9_-]*$/)
    expect(adapter.title.trim()).not.toBe('')
    expect(['call', 'stream', 'final', 'none']).toContain(adapter.metering)
  },

  'states how far spending can pass a limit': async ({ create }) => {
    expect(create().overshoot.trim()).not.toBe('')
  },

  ...configurationTests,

  'begins no work before a run': (target) =>
    withScene(target.scenes.works, async (scene) => {
      await start(target.create(), scene)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(scene.begun?.() ?? 0).toBe(0)
      expect(scene.leftovers?.() ?? []).toEqual([])
    }),
}
