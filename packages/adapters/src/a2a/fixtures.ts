import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Role, TaskState, type AgentCard, type Message, type Part } from '@a2a-js/sdk'
import {
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
  type AgentExecutor,
  type ExecutionEventBus,
} from '@a2a-js/sdk/server'

/** What an agent does with a message; `say` publishes a state of its task. */
export type Work = (given: {
  readonly text: string
  readonly isAnswer: boolean
  say(state: TaskState, words?: string): void
  make(words: string): void
  reply(words: string): void
}) => Promise<void> | void

export interface A2aServer {
  readonly url: string
  readonly begun: number
  /** Ids of tasks that go on. */
  readonly open: ReadonlySet<string>
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers']; readonly method: string }[]
  close(): void
}

const part = (value: string): Part => ({ content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/markdown' })

/** An agent behind a server of the official SDK. */
export async function serveAgent(work: Work, { cardUrl }: { cardUrl?: string } = {}): Promise<A2aServer> {
  const open = new Set<string>()
  const requests: { path: string; headers: IncomingMessage['headers']; method: string }[] = []
  let begun = 0
  const executor: AgentExecutor = {
    async execute({ userMessage, taskId, contextId, task }, bus) {
      begun += 1
      open.add(taskId)
      const about = { taskId, contextId }
      const isAnswer = task !== undefined
      const status = (state: TaskState, words?: string) => ({
        state,
        message: words === undefined ? undefined : messageOf(words, about),
        timestamp: undefined,
      })
      const before = { id: taskId, ...about, artifacts: [], history: [userMessage], metadata: undefined }
      const first = { ...before, status: status(TaskState.TASK_STATE_WORKING) }
      const text = userMessage.parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('')
      let isReply = false
      const begin = () => {
        if (!isReply) bus.publish({ kind: 'task', data: first })
        isReply = true
      }
      await work({
        text,
        isAnswer,
        say(state, words) {
          begin()
          bus.publish({ kind: 'statusUpdate', data: { ...about, status: status(state, words), metadata: undefined } })
          if (state !== TaskState.TASK_STATE_WORKING) open.delete(taskId)
        },
        make(words) {
          begin()
          const artifact = { artifactId: 'a', name: 'Result', description: '', parts: [part(words)], metadata: undefined, extensions: [] }
          bus.publish({ kind: 'artifactUpdate', data: { ...about, artifact, append: false, lastChunk: true, metadata: undefined } })
        },
        reply(words) {
          isReply = true
          open.delete(taskId)
          bus.publish({ kind: 'message', data: messageOf(words, { taskId: '', contextId }) })
        },
      })
      bus.finished()
    },
    async cancelTask(taskId: string, bus: ExecutionEventBus) {
      open.delete(taskId)
      const canceled = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: undefined }
      bus.publish({ kind: 'statusUpdate', data: { taskId, contextId: '', status: canceled, metadata: undefined } })
      bus.finished()
    },
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/agents/one`
  const card = cardOf(cardUrl ?? `${url}/rpc`)
  const rpc = new JsonRpcTransportHandler(new DefaultRequestHandler(card, new InMemoryTaskStore(), executor))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const asked: unknown = body === '' ? {} : JSON.parse(body)
    requests.push({ path: request.url ?? '', headers: request.headers, method: String(Object(asked).method ?? '') })
    response.setHeader('content-type', 'application/json')
    if (request.url === '/agents/one/.well-known/agent-card.json') return void response.end(JSON.stringify(card))
    const requestedVersion = String(request.headers['a2a-version'])
    response.end(JSON.stringify(await rpc.handle(body, new ServerCallContext({ requestedVersion }))))
  }

  return {
    url,
    get begun() {
      return begun
    },
    open,
    requests,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function messageOf(words: string, about: { taskId: string; contextId: string }): Message {
  const rest = { metadata: undefined, extensions: [], referenceTaskIds: [] }
  return { messageId: 'm', ...about, role: Role.ROLE_AGENT, parts: [part(words)], ...rest }
}

function cardOf(url: string): AgentCard {
  return {
    name: 'Fixture',
    description: 'Counts chairs',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' }],
    provider: undefined,
    version: '1',
    capabilities: { streaming: false, pushNotifications: false, extensions: [], extendedAgentCard: false },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/markdown'],
    skills: [],
    signatures: [],
  }
}
