import { appendFileSync, writeFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'

import { agent, methods, ndJsonStream, RequestError, type McpServer, type SessionUpdate } from '@agentclientprotocol/sdk'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

// An agent made with the official SDK, which does what its first argument says; for the tests of the client's side.

export interface Behaviour {
  readonly says?: readonly string[]
  /** How often it says a thousand characters. */
  readonly floods?: number
  /** A file for how often it has. */
  readonly countsIn?: string
  readonly stopReason?: 'end_turn' | 'max_tokens' | 'max_turn_requests' | 'refusal' | 'cancelled'
  readonly error?: number
  /** Prints this and ends. */
  readonly prints?: string
  readonly hangs?: boolean
  readonly staysAlive?: boolean
  readonly asksPermission?: boolean
  readonly knowsSessions?: boolean
  readonly costs?: number
  /** How often it spends a cent, each 100 ms, and says what that comes to. */
  readonly spends?: number
  readonly isDeaf?: boolean
  /** It takes servers of tools over HTTP, and calls these of the first one. */
  readonly uses?: readonly { readonly tool: string; readonly input: Record<string, unknown> }[]
  readonly protocolVersion?: number
}

// It is only started by our tests.
const behaviour = JSON.parse(process.argv[2] ?? '{}') as Behaviour
const record = (what: string, value: unknown) => process.stderr.write(`${what}: ${JSON.stringify(value)}\n`)
if (behaviour.prints !== undefined) process.stdout.write(behaviour.prints, () => process.exit(0))
if (behaviour.isDeaf) process.on('SIGTERM', () => undefined)
if (behaviour.staysAlive) setInterval(() => undefined, 1_000)

let servers: readonly McpServer[] = []

async function useTools(): Promise<void> {
  const [server] = servers
  if (!server || !('url' in server)) return void record('servers', servers)
  const client = new Client({ name: 'fixture', version: '1' })
  const requestInit = { headers: server.headers.map(({ name, value }): [string, string] => [name, value]) }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit }))
  for (const { tool, input } of behaviour.uses ?? []) record('used', await client.callTool({ name: tool, arguments: input }))
  await client.close()
}

const app = agent({ name: 'fixture' })
  .onRequest(methods.agent.initialize, ({ params }) => {
    record('capabilities', params.clientCapabilities)
    return {
      protocolVersion: behaviour.protocolVersion ?? 1,
      agentCapabilities: { loadSession: behaviour.knowsSessions ?? false, ...(behaviour.uses && { mcpCapabilities: { http: true } }) },
      authMethods: [],
    }
  })
  .onRequest(methods.agent.session.new, ({ params }) => {
    record('new', params)
    servers = params.mcpServers
    return { sessionId: 'session-1' }
  })
  .onRequest(methods.agent.session.load, async ({ params, client }) => {
    record('load', params)
    servers = params.mcpServers
    if (params.sessionId !== 'session-1') throw new RequestError(-32_002, 'There is no such session.')
    const update = { sessionUpdate: 'agent_message_chunk' as const, content: { type: 'text' as const, text: 'What I said before.' } }
    await client.notify(methods.client.session.update, { sessionId: params.sessionId, update })
    return {}
  })
  .onRequest(methods.agent.session.setMode, ({ params }) => {
    record('mode', params.modeId)
    return {}
  })
  .onRequest(methods.agent.session.setConfigOption, ({ params }) => {
    record('option', [params.configId, params.value])
    return { configOptions: [] }
  })
  .onRequest(methods.agent.session.prompt, async ({ params: { sessionId, prompt }, client }) => {
    const say = (update: SessionUpdate) => client.notify(methods.client.session.update, { sessionId, update })
    const text = (words: string) => say({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: words } })
    record('prompt', prompt)
    await say({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text: 'A thought that nobody is told.' } })
    await say({
      sessionUpdate: 'tool_call',
      toolCallId: 't1',
      title: 'Read the room',
      kind: 'read',
      status: 'in_progress',
      rawInput: { room: 'hall' },
    })
    await say({ sessionUpdate: 'tool_call_update', toolCallId: 't1', status: 'completed', rawOutput: { chairs: 12 } })
    if (behaviour.uses) await useTools()
    if (behaviour.asksPermission) {
      const options = (['reject_always', 'allow_once', 'reject_once'] as const).map((kind) => ({
        kind,
        optionId: `id of ${kind}`,
        name: kind,
      }))
      const asked = { sessionId, toolCall: { toolCallId: 't2', title: 'Move a chair' }, options }
      record('permission', await client.request(methods.client.session.requestPermission, asked))
      record(
        'file',
        await client.request(methods.client.fs.readTextFile, { sessionId, path: '/etc/passwd' }).catch((error: unknown) => String(error)),
      )
    }
    const task = prompt.map((block) => (block.type === 'text' ? block.text : '')).join('')
    const title = /title of the task">\n(.+)/.exec(task)?.[1] ?? 'no title'
    for (const words of behaviour.says ?? [`All of it: ${title}.`]) await text(words)
    for (let time = 1; time <= (behaviour.floods ?? 0); time += 1) {
      await text('x'.repeat(1_000))
      if (behaviour.countsIn !== undefined && time % 100 === 0) writeFileSync(behaviour.countsIn, String(time))
    }
    if (behaviour.costs !== undefined)
      await say({ sessionUpdate: 'usage_update', used: 10, size: 100, cost: { amount: behaviour.costs, currency: 'USD' } })
    for (let cents = 1; cents <= (behaviour.spends ?? 0); cents += 1) {
      await say({ sessionUpdate: 'usage_update', used: 10, size: 100, cost: { amount: cents / 100, currency: 'USD' } })
      // A byte each: whoever is killed while it writes a number leaves none.
      if (behaviour.countsIn !== undefined) appendFileSync(behaviour.countsIn, '.')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    if (behaviour.error !== undefined) throw new RequestError(behaviour.error, 'It did not work.')
    if (behaviour.hangs) await new Promise(() => setInterval(() => undefined, 1_000))
    return { stopReason: behaviour.stopReason ?? 'end_turn' }
  })

// Streams of bytes, whatever the types of the two worlds call them.
const input = Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>
app.connect(ndJsonStream(Writable.toWeb(process.stdout), input))
