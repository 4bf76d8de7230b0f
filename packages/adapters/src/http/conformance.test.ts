import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import type { JsonObject } from '@engine/core/plugin'

import { httpAdapter } from './index.ts'

const key = 'Bearer canary-4711'

interface Asked {
  readonly title: string
  readonly response: ServerResponse
  /** Work that goes on behind a 202 until somebody cancels it. */
  hold(): JsonObject
}

/** An agent behind a URL of its own; what was begun there and not ended is left over. */
async function scene(answer: (asked: Asked) => void): Promise<Scene> {
  let begun = 0
  const held = new Set<string>()
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    if (request.method === 'HEAD') return void response.writeHead(405).end()
    if (path.startsWith('/cancel/')) held.delete(path.slice('/cancel/'.length))
    if (path !== '/run') return reply(response, {}, path.startsWith('/jobs/') ? 202 : 200)
    begun += 1
    const title = String(await bodyOf(request))
    const hold = () => {
      held.add(String(begun))
      return { statusUrl: `/jobs/${begun}`, cancelUrl: `/cancel/${begun}` }
    }
    answer({ title, response, hold })
  }
  const server = createServer((request, response) => void take(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return {
    config: { url: `http://127.0.0.1:${port}/run`, headers: { Authorization: key } },
    begun: () => begun,
    leftovers: () => [...held].map((job) => `job ${job}`),
    async dispose() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { task } = JSON.parse(Buffer.concat(chunks).toString()) as { task: { title: string } }
  return task.title
}

function reply(response: ServerResponse, body: JsonObject, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' }).end(JSON.stringify(body))
}

testAgentAdapter({
  name: 'the http adapter',
  create: () => httpAdapter({ allow: ['127.0.0.1'] }),
  leastConfig: { url: 'https://agents.example/run' },
  secrets: [key],
  skip: {
    'lets no agent write faster than its events are taken': 'an answer is read whole, 4 MiB of it at most, before any of it is told',
  },
  scenes: {
    works: async () => ({
      ...(await scene(({ title, response }) =>
        reply(response, {
          log: 'At it.\n',
          comment: title,
          usage: { inputTokens: 7, outputTokens: 2, costMicros: 5 },
          session: { thread: title },
        }),
      )),
      usage: { inputTokens: 7, outputTokens: 2, costMicros: 5 },
    }),
    fails: () => scene(({ response }) => reply(response, {}, 401)),
    hangs: () => scene(({ response, hold }) => reply(response, { log: 'Begun.\n', ...hold() }, 202)),
    babbles: () => scene(({ response }) => response.end('Hello there {"what": ')),
    misconfigured: () => ({ config: { url: 'http://127.0.0.1:1/run', headers: { Authorization: key } } }),
  },
})
