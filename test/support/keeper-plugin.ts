import { definePlugin, pluginKit, z } from '@engine/core/plugin'

const { command } = pluginKit()
/** One whose operation is what its state can do. */
export const keeper = definePlugin({
  id: 'keeper',
  version: '1.0.0',
  engine: '^1',
  commands: {
    ask: command({
      title: 'Ask the state',
      input: z.strictObject({ verb: z.enum(['get', 'set', 'delete', 'claim']), key: z.string(), value: z.json().default(null) }),
      output: z.unknown(),
      access: 'tasks:read',
      async handle({ state, unchanged }, { verb, key, value }) {
        unchanged()
        return verb === 'set' ? state.set(key, value) : state[verb](key)
      },
    }),
  },
})
