import { once } from 'node:events'

import type { OpenConfig } from './config.ts'
import { createLogger } from './logger.ts'
import { openEngine } from './serve.ts'

/** Serves the client that started this process, until it closes the input. Agents are executed by the server, not here. */
export async function mcpCommand(config: OpenConfig & { readonly key: string }): Promise<void> {
  const { serveOverStdio } = await import('@engine/mcp')
  const logger = createLogger(config.log)
  const engine = await openEngine(config, logger)
  try {
    const served = await serveOverStdio({ engine, key: config.key, logger })
    await Promise.race([once(process.stdin, 'end'), once(process, 'SIGINT'), once(process, 'SIGTERM')])
    await served.close()
  } finally {
    await engine.stop()
  }
}
