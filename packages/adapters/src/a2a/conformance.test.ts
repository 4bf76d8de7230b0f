import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { TaskState } from '@a2a-js/sdk'
import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import { serveAgent, type Work } from './fixtures.ts'
import { a2aAdapter } from './index.ts'

const key = 'Bearer canary-4711'

async function scene(work: Work): Promise<Scene> {
  const server = await serveAgent(work)
  return {
    config: { url: server.url, headers: { Authorization: key }, pollSec: 0.05 },
    begun: () => server.begun,
    leftovers: () => [...server.open].map((task) => `task ${task}`),
    dispose: async () => server.close(),
  }
}

testAgentAdapter({
  name: 'the a2a adapter',
  create: () => a2aAdapter({ allow: ['127.0.0.1'] }),
  leastConfig: { url: 'https://agents.example' },
  secrets: [key],
  skip: {
    'lets no agent write faster than its events are taken': 'an answer is read whole, 4 MiB of it at most, before any of it is told',
  },
  scenes: {
    works: () =>
      scene(({ text, say, make }) => {
        make(`All of it: ${/title of the task">\n(.+)/.exec(text)?.[1] ?? 'no title'}.`)
        say(TaskState.TASK_STATE_COMPLETED)
      }),
    fails: () => scene(({ say }) => say(TaskState.TASK_STATE_FAILED, 'The chairs are gone.')),
    hangs: () =>
      scene(async ({ say }) => {
        say(TaskState.TASK_STATE_WORKING, 'Counting.')
        await new Promise(() => undefined)
      }),
    async babbles() {
      const server = createServer((_, response) => response.end('Hello there {"what": '))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      // A server that listens on a port has one.
      const { port } = server.address() as AddressInfo
      return { config: { url: `http://127.0.0.1:${port}` }, dispose: async () => void server.close() }
    },
    misconfigured: () => ({ config: { url: 'http://127.0.0.1:1', headers: { Authorization: key } } }),
  },
})
