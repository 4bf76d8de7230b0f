import { createEngine } from '@engine/core'

import { openAdapters } from './adapters.ts'
import { releaseMs, type WorkerConfig } from './config.ts'
import { createLogger } from './logger.ts'
import { openPlugins } from './plugins.ts'
import { createScreen } from './screen.ts'
import { findTelemetry } from './telemetry.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** Executes runs beside other processes of one database, without HTTP, until it is told to stop by SIGINT or SIGTERM. */
export async function workerCommand(config: WorkerConfig): Promise<void> {
  const { storage, secrets, allowed, plugins, concurrency, name, graceMs, log } = config
  const screen = createScreen(process.stdout)
  const engine = await createEngine({
    storage,
    secrets,
    adapters: openAdapters(allowed),
    plugins: await openPlugins(plugins),
    logger: createLogger(log),
    ...(await findTelemetry()),
    settings: { maxConcurrentRuns: concurrency, stopGraceMs: graceMs, stopMs: graceMs + releaseMs },
    ...(name !== undefined && { workerName: name }),
  })
  const stopped = stopOnSignal(screen, () => engine.stop())
  try {
    await engine.start()
    screen.print(`Worker is ready: up to ${concurrency} runs at once, from ${storage.id}`)
    await stopped
  } catch (error) {
    await engine.stop()
    throw error
  }
}
