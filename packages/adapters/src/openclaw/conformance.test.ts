import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import { serveGateway, type FakeGateway, type Job } from './fixtures.ts'
import { openClawAdapter } from './index.ts'

const token = 'canary-4711'

async function open(work: (job: Job) => unknown): Promise<{ gateway: FakeGateway; scene: Scene }> {
  const gateway = await serveGateway(work, { token })
  const scene: Scene = {
    config: { url: gateway.url, token },
    begun: () => gateway.begun,
    leftovers: () => [...gateway.open].map((run) => `run ${run}`),
    dispose: async () => gateway.close(),
  }
  return { gateway, scene }
}

const usage = { inputTokens: 150, outputTokens: 20, cachedInputTokens: 50 }
const counted = { input: 100, output: 20, cacheRead: 50 }

testAgentAdapter({
  name: 'the openclaw adapter',
  create: () => openClawAdapter({ allow: ['127.0.0.1'] }),
  leastConfig: { url: 'wss://gateway.example' },
  secrets: [token],
  scenes: {
    async works() {
      const { scene } = await open((job) => {
        job.event('assistant', { text: 'Counting.', delta: 'Counting.' })
        job.end(`All of it: ${/title of the task">\n(.+)/.exec(job.message)?.[1] ?? 'no title'}.`, counted)
      })
      return { ...scene, usage }
    },
    async fails() {
      const { scene } = await open((job) => job.refuse({ code: 'UNAVAILABLE', message: 'The chairs are gone.' }))
      return scene
    },
    async hangs() {
      const { scene } = await open((job) => job.event('assistant', { text: 'Counting.', delta: 'Counting.' }))
      return scene
    },
    async babbles() {
      const { scene } = await open((job) => job.finish({ status: { what: 'Hello there' } }))
      return scene
    },
    async floods() {
      let written = 0
      const total = 2_000
      const { gateway, scene } = await open(async (job) => {
        const delta = 'x'.repeat(16_384)
        for (written = 0; written < total && !job.isAborted; written += 1) {
          job.event('assistant', { text: delta, delta })
          await gateway.drained()
        }
        job.end('Done.')
      })
      return { ...scene, total, written: () => written }
    },
    misconfigured: () => ({ config: { url: 'ws://127.0.0.1:1', token } }),
  },
})
