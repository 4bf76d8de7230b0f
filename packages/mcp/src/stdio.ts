import { serveStdio, type StdioServerHandle } from '@modelcontextprotocol/server/stdio'

import { EngineError, type Engine } from '@engine/core'

import type { EndpointOptions } from './endpoint.ts'
import { mcpErrors } from './errors.ts'
import { createServer } from './server.ts'

export interface StdioOptions extends EndpointOptions {
  readonly engine: Engine
  /** Whom the client acts for: a key of a person or an agent, or the credential of a run. */
  readonly key: string
}

/**
 * Serves the client that started this process, over its standard input and output. Nothing else may be written to the output.
 * @throws `unauthenticated`
 */
export async function serveOverStdio({ engine, key, ...options }: StdioOptions): Promise<StdioServerHandle> {
  const identify = async () => {
    const actor = await engine.authenticate(key)
    if (actor) return actor
    throw new EngineError(mcpErrors.unauthenticated, 'This key opens nothing here. It may be mistyped, revoked or expired.')
  }
  await identify()
  return serveStdio(() => createServer({ engine, ...options, identify }))
}
