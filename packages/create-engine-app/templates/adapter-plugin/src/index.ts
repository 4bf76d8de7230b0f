import { setTimeout } from 'node:timers/promises'

import { ADAPTER_SPEC, definePlugin, z, type AgentAdapter } from '@engine/core/plugin'

const Config = z.strictObject({
  greeting: z.string().default('Hello').describe('What stands before what was asked.'),
  pauseMs: z.number().int().min(0).default(0).describe('How long it takes, milliseconds.'),
})

/** Replace what `run` does by your way to execute an agent. */
export const greeter: AgentAdapter<z.output<typeof Config>> = {
  spec: ADAPTER_SPEC,
  type: 'greeter',
  title: 'Greeter',
  configSchema: Config,
  metering: 'none', // it calls no model; see AgentAdapter for what else there is
  overshoot: '0: it spends nothing.',
  start: async ({ config }) => ({
    async run({ context: { task }, emit, signal }) {
      try {
        signal.throwIfAborted()
        await emit({ type: 'progress', percent: 10, message: 'begun' })
        await setTimeout(config.pauseMs, undefined, { signal })
        if (config.greeting === '') return { kind: 'failed', class: 'config', message: 'greeting is empty' }
        await emit({ type: 'deliverable', title: task.title, content: `${config.greeting}, ${task.title}` })
        return { kind: 'needs_review' }
      } catch (error) {
        return { kind: 'failed', class: 'transient', message: String(error) }
      }
    },
  }),
}

export default () => definePlugin({ id: 'greeter', version: '0.1.0', engine: '^1', adapters: [greeter] })
