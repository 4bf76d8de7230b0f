import { expect } from 'vitest'

import type { AdapterTestReport, AgentAdapter } from '@engine/core/plugin'

import { begin } from './begin.ts'
import { withScene, type AdapterTests } from './define.ts'
import type { AdapterToTest, Scene } from './scenes.ts'

const noTest = 'it has no test()'

/** What an adapter tells of itself and its configuration. */
export const report: AdapterTests = {
  'reports that a configuration works': (target, { skip }) =>
    withScene(target.scenes.works, async (scene) => {
      const checks = (await reportOn(target.create(), scene))?.checks ?? skip(noTest)
      expect(checks.length).toBeGreaterThan(0)
      expect(checks.filter(({ status }) => status === 'failed')).toEqual([])
    }),

  'reports that a configuration can not work': (target, { skip }) =>
    withScene(target.scenes.misconfigured ?? (() => skip('there is no scene for it')), async (scene) => {
      const checks = (await reportOn(target.create(), scene))?.checks ?? skip(noTest)
      expect(checks.filter(({ status }) => status === 'failed').map(({ message }) => message.trim() !== '')).toContain(true)
    }),

  'ends a test that is stopped': (target, { skip }) =>
    withScene(target.scenes.works, async (scene) => {
      const checks = (await reportOn(target.create(), scene, AbortSignal.abort('the test is over')))?.checks ?? skip(noTest)
      expect(Array.isArray(checks)).toBe(true)
    }),

  'tells nobody a secret': async (target, { skip }) => {
    const { secrets = [], scenes } = target
    if (secrets.length === 0) skip('its scenes have none')
    const told: string[] = []
    for (const open of [scenes.works, scenes.fails, scenes.babbles, scenes.misconfigured])
      if (open) await withScene(open, async (scene) => void told.push(await allThatIsTold(target, scene)))
    const text = told.join('\n')
    expect(text.length).toBeGreaterThan(0)
    expect(secrets.filter((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))).toEqual([])
  },
}

async function reportOn(
  adapter: AgentAdapter,
  scene: Scene,
  signal = new AbortController().signal,
): Promise<AdapterTestReport | undefined> {
  return adapter.test?.({ config: adapter.configSchema.parse(scene.config), env: scene.env ?? {}, signal })
}

async function allThatIsTold(target: AdapterToTest, scene: Scene): Promise<string> {
  const adapter = target.create()
  const { outcome, events, logged } = begin(adapter, scene)
  const ended = await outcome.catch(String)
  return JSON.stringify([ended, events, logged, await reportOn(adapter, scene)])
}
