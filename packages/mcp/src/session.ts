import type { ServerContext } from '@modelcontextprotocol/server'

import type { Actor, Engine, JsonObject, Logger } from '@engine/core'

/** One client, as it is known while it is served. */
export interface Session {
  readonly engine: Engine
  /** Who the client acts for, by what is true now. @throws `unauthenticated` */
  identify(): Promise<Actor>
  readonly logger?: Logger
  /** How often a call that takes long says that it is under way, milliseconds. */
  readonly progressMs?: number
}

/** What a client asks a tool for. */
export interface ToolCall {
  readonly name: string
  readonly input: JsonObject
  /** Whether the client can put a form to its person. */
  readonly canAsk: boolean
  readonly context: ServerContext
}
