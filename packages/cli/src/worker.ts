import { createEngine, type Engine, type Logger } from '@engine/core'
import { serveFigures, type FiguresOptions, type RunningServer } from '@engine/http'

import { openAdapters } from './adapters.ts'
import { releaseMs, type WorkerConfig } from './worker-config.ts'
import { createLogger } from './logger.ts'
import { openPlugins } from './plugins.ts'
import { createScreen } from './screen.ts'
import { findTelemetry } from './telemetry.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** Executes runs beside other processes of one database, without an API, until it is told to stop by SIGINT or SIGTERM. */
export async function workerCommand(config: WorkerConfig): Promise<void> {
  const { storage, concurrency } = config
  const screen = createScreen(process.stdout)
  const { engine, figures } = await open(config)
  // A monitor still sees what ends.
  const end = async () => {
    try {
      await engine.stop()
    } finally {
      await figures?.close()
    }
  }
  const stopped = stopOnSignal(screen, end)
  try {
    if (figures) screen.print(`Figures are at ${figures.url}/metrics`)
    await engine.start()
    screen.print(`Worker is ready: up to ${concurrency} runs at once, from ${storage.id}`)
    await stopped
  } catch (error) {
    await end()
    throw error
  }
}

/** A monitor that asks while the database is opened is told so. */
async function open(config: WorkerConfig): Promise<{ engine: Engine; figures: RunningServer | null }> {
  const logger = createLogger(config.log)
  const opening = openWorker(config, logger)
  const serving = serveWorker(config, { engine: opening, logger })
  const [opened, served] = await Promise.allSettled([opening, serving])
  if (opened.status === 'fulfilled' && served.status === 'fulfilled') return { engine: opened.value, figures: served.value }
  if (opened.status === 'fulfilled') await opened.value.stop()
  if (served.status === 'fulfilled') await served.value?.close()
  throw opened.status === 'rejected' ? opened.reason : served.status === 'rejected' && served.reason
}

async function openWorker(config: WorkerConfig, logger: Logger): Promise<Engine> {
  const { storage, secrets, allowed, plugins, settings, concurrency, name, graceMs } = config
  return createEngine({
    storage,
    secrets,
    adapters: openAdapters(allowed),
    plugins: await openPlugins(plugins),
    logger,
    timesStatements: config.figures !== null,
    ...(await findTelemetry()),
    settings: { maxConcurrentRuns: concurrency, stopGraceMs: graceMs, stopMs: graceMs + releaseMs, ...settings },
    ...(name !== undefined && { workerName: name }),
  })
}

async function serveWorker(config: WorkerConfig, given: Pick<FiguresOptions, 'engine' | 'logger'>): Promise<RunningServer | null> {
  if (!config.figures) return null
  const { metricsToken, ...place } = config.figures
  return serveFigures({ ...given, ...place, ...(metricsToken !== null && { metricsToken }) })
}
