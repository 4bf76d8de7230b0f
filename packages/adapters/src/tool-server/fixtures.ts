import { createRedactor, silentLogger, type AdapterEvent, type AgentTool, type JsonObject, type JsonValue } from '@engine/core/plugin'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { onTestFinished } from 'vitest'

import type { ServedTools } from './calls.ts'
import { serveTools, type ToolAddress, type ToolServer } from './server.ts'

/** A tool that does what a test says. */
export function toolNamed(name: string, call: AgentTool['call']): AgentTool {
  return { name, description: `Does ${name}.`, inputSchema: { type: 'object', properties: { body: { type: 'string' } } }, call }
}

export interface Served extends ToolServer {
  readonly events: AdapterEvent[]
  readonly warnings: unknown[]
}

/** A server of one run, which is closed at the end of the test. */
export async function serve(tools: readonly AgentTool[], options: Partial<ServedTools> = {}): Promise<Served> {
  const events: AdapterEvent[] = []
  const warnings: unknown[] = []
  const server = await serveTools({
    tools,
    hasEndings: true,
    isTold: false,
    record: async (event) => void events.push(event),
    redactor: createRedactor([]),
    logger: { ...silentLogger, warn: (...given) => void warnings.push(given) },
    ...options,
  })
  onTestFinished(() => server.close())
  return Object.defineProperties(server, { events: { value: events }, warnings: { value: warnings } }) as Served
}

/** The official client, as a program of its generation uses it. */
export async function connect({ url, token }: ToolAddress, generation: '2025' | '2026-07-28' = '2026-07-28'): Promise<Client> {
  const versionNegotiation = generation === '2025' ? {} : { versionNegotiation: { mode: { pin: generation } } }
  const client = new Client({ name: 'test', version: '1' }, versionNegotiation)
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  onTestFinished(() => client.close())
  return client
}

/** Calls a tool as text, `!` before what is an error. */
export async function use(client: Client, name: string, input: JsonObject = {}): Promise<string> {
  const { isError, content } = await client.callTool({ name, arguments: input })
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return `${isError ? '!' : ''}${text}`
}

/** One message, as a program without a client sends it. */
export function post({ url, token }: ToolAddress, body: JsonValue, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { ...headersWith(token), ...headers } })
}

export function headersWith(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
}

export function callOf(name: string, input: JsonObject = {}): JsonObject {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } }
}
