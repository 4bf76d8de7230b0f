import { createNode } from '@engine/core'

import { openAdapters } from './adapters.ts'
import { releaseMs, type NodeConfig } from './worker-config.ts'
import { createLogger } from './logger.ts'
import { createScreen } from './screen.ts'
import { findTelemetry } from './telemetry.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** Executes runs of a server without its database, until it is told to stop by SIGINT or SIGTERM, or the server lets it go. */
export async function nodeCommand({ server, key, allowed, concurrency, name, graceMs, log }: NodeConfig): Promise<void> {
  const screen = createScreen(process.stdout)
  // Nothing that is started here is to find it.
  delete process.env['ENGINE_NODE_KEY']
  const node = createNode({
    server,
    key,
    adapters: openAdapters(allowed),
    logger: createLogger(log),
    ...(await findTelemetry()),
    settings: { maxConcurrentRuns: concurrency, stopGraceMs: graceMs, stopMs: graceMs + releaseMs },
    ...(name !== undefined && { name }),
  })
  const stopped = stopOnSignal(screen, () => node.stop())
  await node.start()
  screen.print(`Worker is ready: up to ${concurrency} runs at once, from ${server.origin}`)
  const letGo = node.letGo.then(() => {
    throw new Error(
      'The server let this worker go: it was revoked, or its key was. Start it again, with a key that is good, to register anew.',
    )
  })
  await Promise.race([stopped, letGo])
}
