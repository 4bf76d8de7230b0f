import { ADAPTER_SPEC, definePlugin, z } from '@engine/core/plugin'
import type { AgentAdapter } from '@engine/core/plugin'

const Config = z.strictObject({
  prefix: z.string().max(200).default('').describe('What stands before what was asked.'),
  pauseMs: z.number().int().min(0).max(60_000).default(0).describe('How long it takes, milliseconds.'),
  review: z.boolean().default(true).describe('Whether a person looks at it before it counts; else it is said in a comment, and done.'),
})

const echoAdapter: AgentAdapter<z.output<typeof Config>> = {
  spec: ADAPTER_SPEC,
  type: 'echo',
  title: 'Echo',
  configSchema: Config,
  metering: 'none',
  overshoot: '0: it asks no model.',
  async start({ config }) {
    return {
      async run({ context, emit, signal }) {
        await emit({ type: 'log', stream: 'stdout', text: `read "${context.task.title}"\n` })
        if (!(await isWaited(config.pauseMs, signal))) return { kind: 'failed', class: 'transient', message: 'it was told to stop' }
        const content = `${config.prefix}${context.task.description ?? context.task.title}`
        if (config.review) await emit({ type: 'deliverable', title: context.task.title, content })
        else await emit({ type: 'comment', body: content })
        return { kind: config.review ? 'needs_review' : 'done' }
      },
    }
  },
}

/** Waits, unless it is told to stop. */
async function isWaited(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const stop = () => resolve(false)
  signal.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => resolve(true), ms)
  const isOver = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', stop)
  return isOver
}

/** An adapter `echo`: its agents hand in what they were asked, with no model and no key. */
export function echo() {
  return definePlugin({
    id: 'echo',
    version: '1.0.0',
    engine: '^1',
    title: 'Echo',
    description: 'Agents that hand in what they were asked.',
    adapters: [echoAdapter],
  })
}
