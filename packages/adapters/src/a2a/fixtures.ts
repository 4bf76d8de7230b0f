import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Role, TaskState, type AgentCard, type Message, type Part } from '@a2a-js/sdk'
import {
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  type RequestContext,
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

/** Is done at once. */
export const completes: Work = ({ make, say }) => {
  make('All done.')
  say(TaskState.TASK_STATE_COMPLETED)
}

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
  const executor = new Executor(work)
  const requests: { path: string; headers: IncomingMessage['headers']; method: string }[] = []
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
      return executor.begun
    },
    open: executor.open,
    requests,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface About {
  readonly taskId: string
  readonly contextId: string
}

/** Does the work of a test and keeps count of it. */
class Executor implements AgentExecutor {
  readonly open = new Set<string>()
  readonly #work: Work
  begun = 0

  constructor(work: Work) {
    this.#work = work
  }

  async execute({ userMessage, taskId, contextId, task }: RequestContext, bus: ExecutionEventBus): Promise<void> {
    this.begun += 1
    this.open.add(taskId)
    const text = userMessage.parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('')
    await this.#work({ text, isAnswer: task !== undefined, ...this.#voice({ taskId, contextId }, userMessage, bus) })
    bus.finished()
  }

  #voice(about: About, userMessage: Message, bus: ExecutionEventBus): Pick<Parameters<Work>[0], 'say' | 'make' | 'reply'> {
    let hasBegun = false
    // The first that is published has to be the task.
    const begin = () => {
      const status = statusOf(about, TaskState.TASK_STATE_WORKING)
      const first = { id: about.taskId, contextId: about.contextId, artifacts: [], history: [userMessage], metadata: undefined, status }
      if (!hasBegun) bus.publish({ kind: 'task', data: first })
      hasBegun = true
    }
    return {
      say: (state, words) => {
        begin()
        bus.publish({ kind: 'statusUpdate', data: { ...about, status: statusOf(about, state, words), metadata: undefined } })
        if (state !== TaskState.TASK_STATE_WORKING) this.open.delete(about.taskId)
      },
      make: (words) => {
        begin()
        const artifact = { artifactId: 'a', name: 'Result', description: '', parts: [part(words)], metadata: undefined, extensions: [] }
        bus.publish({ kind: 'artifactUpdate', data: { ...about, artifact, append: false, lastChunk: true, metadata: undefined } })
      },
      reply: (words) => {
        this.open.delete(about.taskId)
        bus.publish({ kind: 'message', data: messageOf(words, { taskId: '', contextId: about.contextId }) })
      },
    }
  }

  async cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    this.open.delete(taskId)
    const about = { taskId, contextId: '' }
    bus.publish({ kind: 'statusUpdate', data: { ...about, status: statusOf(about, TaskState.TASK_STATE_CANCELED), metadata: undefined } })
    bus.finished()
  }
}

function statusOf(about: About, state: TaskState, words?: string) {
  return { state, message: words === undefined ? undefined : messageOf(words, about), timestamp: undefined }
}

function messageOf(words: string, about: About): Message {
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
