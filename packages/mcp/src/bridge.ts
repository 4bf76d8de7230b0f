import { Client, SdkError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { ProtocolError, ProtocolErrorCode, Server, type ServerContext } from '@modelcontextprotocol/server'
import { serveStdio, type StdioServerHandle } from '@modelcontextprotocol/server/stdio'

import { about, capabilities, instructions } from './about.ts'
import { canAsk } from './capabilities.ts'

export interface BridgeOptions {
  /** Of the server, without a path: https://engine.example.com. */
  readonly url: URL
  /** Whom the client acts for there. */
  readonly key: string
}

const protocol = '2026-07-28'

/**
 * Serves the client that started this process by a server that runs elsewhere. Both ends speak the protocol, so that what there is
 * to call, who may, and what it answers, are told by that server alone.
 */
export function bridgeOverStdio(options: BridgeOptions): StdioServerHandle {
  return serveStdio(() => createBridge(options))
}

const methods = [
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
] as const
type Method = (typeof methods)[number]

function createBridge(options: BridgeOptions): Server {
  const server = new Server(about, { capabilities, instructions })
  const connect = connectionsOf(options)
  for (const method of methods) {
    server.setRequestHandler(method, async ({ params }: { params?: Record<string, unknown> | undefined }, context: ServerContext) =>
      forward(await connect(canAsk(server, context)), { method, params, context }),
    )
  }
  return server
}

/** A client with forms and one without: the server is told what the other end can do. Each is made when it is needed. */
function connectionsOf({ url, key }: BridgeOptions): (elicits: boolean) => Promise<Client> {
  const open = new Map<boolean, Promise<Client>>()
  return (elicits) => {
    const known = open.get(elicits)
    if (known) return known
    const client = new Client(about, {
      capabilities: elicits ? { elicitation: { form: {} } } : {},
      versionNegotiation: { mode: { pin: protocol } },
      inputRequired: { autoFulfill: false },
    })
    const requestInit = { headers: { authorization: `Bearer ${key}` } }
    const connected = client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit })).then(
      () => client,
      (error: unknown) => {
        // The next request tries again.
        open.delete(elicits)
        throw unreachable(error, url)
      },
    )
    open.set(elicits, connected)
    return connected
  }
}

interface Request {
  readonly method: Method
  readonly params: Record<string, unknown> | undefined
  readonly context: ServerContext
}

/** How long a call may take while nothing is heard of it; the server says every few seconds that it is under way. */
const silenceMs = 60_000

async function forward(client: Client, { method, params, context: { mcpReq } }: Request): Promise<never> {
  const { progressToken, ...meta } = mcpReq._meta ?? {}
  const { inputResponses } = mcpReq
  const request = { method, params: { ...params, _meta: meta, ...(inputResponses && { inputResponses }) } }
  const answer = client.request(request, {
    allowInputRequired: true,
    signal: mcpReq.signal,
    timeout: silenceMs,
    resetTimeoutOnProgress: true,
    onprogress: (progress) => {
      if (progressToken === undefined) return
      // Whoever went away asks for nothing more.
      mcpReq.notify({ method: 'notifications/progress', params: { ...progress, progressToken } }).catch(() => undefined)
    },
  })
  // The answer to a method is what the same method answers with at this end.
  return (await answer) as never
}

function unreachable(error: unknown, url: URL): ProtocolError {
  const why = error instanceof Error ? error.message : String(error)
  const advice = SdkError.isInstance(error)
    ? 'Check ENGINE_URL and ENGINE_API_KEY, and that the server is there and serves /mcp.'
    : 'Check ENGINE_URL, and that the server is there.'
  return new ProtocolError(ProtocolErrorCode.InternalError, `${url.origin} can not be used: ${why} ${advice}`)
}
