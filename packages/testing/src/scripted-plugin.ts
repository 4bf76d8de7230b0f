import { definePlugin, z } from '@engine/core/plugin'

/** The event that a scripted plugin refuses; nothing records it. */
const never = 'nothing.happened'

/** A plugin for tests: it takes every request of its webhook `take`, and has a subscription `refused` that nothing reaches. */
export function scriptedPlugin(id = 'scripted') {
  return definePlugin({
    id,
    version: '1.0.0',
    engine: '^1',
    title: 'Does what its test says',
    configSchema: z.strictObject({ word: z.string().default('none') }),
    webhooks: { take: { handle: async () => undefined } },
    subscribe: { refused: { events: [never], handle: () => Promise.reject(new Error('refused')) } },
  })
}

/** Those that worlds have of which a test needs every operation; the second is installed nowhere. */
export function scriptedPlugins() {
  return [scriptedPlugin(), scriptedPlugin('another')]
}
