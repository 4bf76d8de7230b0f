import { onTestFinished } from 'vitest'

import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

import { whyNoTool, type Engine, type JsonObject, type Operation, type Role } from '@engine/core'
import { serve } from '@engine/http'
import { requestOf, type FurnishedCompany } from './http-routes.ts'
import { mcpEndpoint, type EndpointOptions } from '@engine/mcp'

/** What a tool answered, as a client has it. */
export interface ToolAnswer {
  readonly isError: boolean
  readonly output: JsonObject
  readonly texts: readonly string[]
}

interface Listed {
  readonly name: string
  readonly inputSchema: JsonObject
  readonly outputSchema?: JsonObject | undefined
  readonly annotations?: JsonObject | undefined
}

type OnProgress = (progress: { progress: number }) => void

/** What a test asks of a client, of either generation. */
export interface McpClient {
  tools(): Promise<Listed[]>
  call(...given: [name: string, input?: JsonObject, more?: JsonObject, onprogress?: OnProgress]): Promise<ToolAnswer>
  ask(method: string, params?: JsonObject): Promise<JsonObject>
  close(): Promise<void>
}

export const generations = ['2026-07-28', '2025-11-25'] as const
export type Generation = (typeof generations)[number]

export async function serveMcp(engine: Engine, options: EndpointOptions = {}): Promise<string> {
  const server = await serve({ engine, port: 0, mcp: (opened) => mcpEndpoint(opened, options) })
  onTestFinished(() => server.close())
  return server.url
}

/** The official client of a generation, over HTTP with a key. */
export async function connect(url: string, key: string, generation: Generation): Promise<McpClient> {
  const address = new URL('/mcp', url)
  const requestInit = { headers: { authorization: `Bearer ${key}` } }
  if (generation === '2026-07-28') {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: generation } } })
    await client.connect(new StreamableHTTPClientTransport(address, { requestInit }))
    return wrap(client)
  }
  const client = new LegacyClient({ name: 'test', version: '1' })
  // The transport of this generation is not typed for exactOptionalPropertyTypes.
  await client.connect(new LegacyHttp(address, { requestInit }) as Parameters<typeof client.connect>[0])
  // Its second parameter is a schema for answers of long ago.
  return wrap(
    {
      listTools: () => client.listTools(),
      callTool: (params, options) => client.callTool(params, undefined, options),
      close: () => client.close(),
    },
    client,
  )
}

/** What both generations of the client have in common. */
interface AnyClient {
  listTools(): Promise<{ tools: unknown[] }>
  callTool(params: { name: string; arguments: Record<string, unknown> }, options?: { onprogress: OnProgress }): Promise<unknown>
  close(): Promise<void>
}

export function wrap(client: AnyClient, asked: object = client): McpClient {
  onTestFinished(() => client.close())
  return {
    // The tools of either generation have these fields.
    tools: async () => (await client.listTools()).tools as Listed[],
    call: async (...[name, input = {}, more = {}, onprogress]) => {
      const params = { name, arguments: input, ...more }
      return read(await client.callTool(params, ...(onprogress ? [{ onprogress }] : [])))
    },
    ask: async (method, params) => {
      const ask: unknown = Reflect.get(asked, method)
      if (typeof ask !== 'function') throw new Error(`a client has no ${method}`)
      return (await Reflect.apply(ask, asked, params === undefined ? [] : [params])) as JsonObject
    },
    close: () => client.close(),
  }
}

function read(result: unknown): ToolAnswer {
  // What a client gives back is a result of tools/call.
  const {
    isError = false,
    structuredContent,
    content,
  } = result as {
    isError?: boolean
    structuredContent?: JsonObject
    content: { type: string; text: string }[]
  }
  const texts = content.map(({ text }) => text)
  return { isError, output: isError ? (JSON.parse(texts[0] ?? '{}') as JsonObject) : (structuredContent ?? {}), texts }
}

const roles = ['viewer', 'reviewer', 'operator', 'admin', 'owner'] as const

/** What a tool takes to be about the things of one company, with what is said beside of another: what its route takes. */
export function inputOf({ name, definition }: Operation, ids: object, company: FurnishedCompany): JsonObject {
  const [method, path] = definition.http ?? ['GET', '/']
  const { path: filled, sent } = requestOf({ name, method, path }, ids, company)
  const url = new URL(filled, 'http://engine')
  const values = url.pathname.replace('/api', '').split('/')
  const named = path.split('/').flatMap((segment, index) => (segment.startsWith(':') ? [[segment.slice(1), values[index] ?? '']] : []))
  return { ...Object.fromEntries(named), ...Object.fromEntries(url.searchParams), ...(sent.body as JsonObject | undefined) }
}

export function toolsOf({ registry }: Engine): Operation[] {
  return registry.operations.filter((operation) => whyNoTool(operation) === null)
}

/** A key of each kind, and the credential of a run. */
export async function keysOf(engine: Engine, company: FurnishedCompany): Promise<Record<Role | 'agent' | 'run', string>> {
  const { companyId, agentId, credential } = company
  const keyOf = async (role: Role) => {
    const { key: token } = await engine.invites.create({ companyId, role })
    return (await engine.invites.accept({ token, name: role })).key
  }
  const people = await Promise.all(roles.map(async (role) => [role, await keyOf(role)]))
  const { key } = await engine.keys.create({ agentId, name: 'Phone' })
  // One for each of the roles.
  return { ...(Object.fromEntries(people) as Record<Role, string>), agent: key, run: credential }
}
