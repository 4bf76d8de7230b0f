import { createMcpHandler } from '@modelcontextprotocol/server'

import type { Actor, Engine, Logger } from '@engine/core'

import { createServer } from './server.ts'

export interface EndpointOptions {
  readonly logger?: Logger
  /** How often a call that takes long says that it is under way, milliseconds. */
  readonly progressMs?: number
}

/** Answers one request of a client that the host knows already. */
export type Endpoint = (request: Request, actor: Actor) => Promise<Response>

/**
 * Engine as a streamable HTTP endpoint. Nothing is kept between two requests: each has a server of its own, made for whoever sent
 * it, so there is no session that could be taken over, and no client can be told what another asked.
 */
export function mcpEndpoint(engine: Engine, options: EndpointOptions = {}): Endpoint {
  return (request, actor) => {
    const session = { engine, ...options, identify: async () => actor }
    // Nothing changes that a client could subscribe to, so that no stream stays open beyond a call.
    return createMcpHandler(() => createServer(session), { maxSubscriptions: 0 }).fetch(request)
  }
}
