import { definePlugin, z, type PluginDefinition } from '@engine/core/plugin'

/** The event that a scripted plugin refuses; nothing records it. */
const never = 'nothing.happened'

const Config = z.strictObject({ word: z.string().default('none') })

/** A plugin for tests: its webhook `take` takes requests whose key is the configured word, and has a subscription `refused` that nothing reaches. */
function scriptedPlugin(id = 'scripted') {
  return definePlugin({
    id,
    version: '1.0.0',
    engine: '^1',
    title: 'Does what its test says',
    configSchema: Config,
    webhooks: { take: { handle: async ({ config }, { headers }) => headers['authorization'] === `Bearer ${Config.parse(config).word}` } },
    subscribe: { refused: { events: [never], handle: () => Promise.reject(new Error('refused')) } },
  })
}

/** Those that worlds have of which a test needs every operation; the second is installed nowhere. */
export function scriptedPlugins(): PluginDefinition[] {
  return [scriptedPlugin(), scriptedPlugin('another')]
}
