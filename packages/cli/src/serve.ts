import { existsSync } from 'node:fs'

import { createEngine, type Engine, type Logger } from '@engine/core'
import { serve, type Mounted, type RunningServer } from '@engine/http'
import { boardFolder } from '@engine/ui-kit/board'

import { linkTo, proxyWarning } from './access.ts'
import type { OpenConfig, ServeConfig } from './config.ts'
import { createDemoCompany, findUnfinishedDemo, programPath } from './demo.ts'
import { announceReview, showWork } from './live.ts'
import { createLogger } from './logger.ts'
import { openPlugins } from './plugins.ts'
import { createScreen, type Screen } from './screen.ts'
import { findTelemetry } from './telemetry.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** Runs until it is told to stop by SIGINT or SIGTERM; a second signal ends it at once. */
export async function serveCommand(config: ServeConfig): Promise<void> {
  const screen = createScreen(process.stdout)
  const { engine, server } = await open(config)
  try {
    const stopped = stopOnSignal(screen, () => Promise.all([server.close(), engine.stop()]))
    screen.print(`Engine is ready on ${server.url} (${config.storage.id})`)
    screen.print(`  ${hasBoard() ? 'board      ' : 'status page'}    ${server.url}/\n  API reference  ${server.url}/api/docs\n`)
    const warning = proxyWarning(config.access)
    if (warning !== null) screen.print(`${warning}\n`)
    if (config.access.mode === 'authenticated') await announceSetup(engine, { screen, server: config.access.publicUrls[0] ?? server.url })
    await begin(engine, { server, screen, hasDemo: config.hasDemo, bootstrap: config.bootstrap })
    await stopped
  } catch (error) {
    await Promise.all([server.close(), engine.stop()])
    throw error
  }
}

/** Where nobody owns the installation yet, whoever sees this console may. Made anew at each start, and the one before is worth nothing. */
async function announceSetup(engine: Engine, { screen, server }: { screen: Screen; server: string }): Promise<void> {
  const { link } = await engine.accounts.openSetup()
  if (!link) return
  screen.print(`Nobody has an account yet. Make the first one within the hour, by this link that works once:`)
  screen.print(`  ${linkTo('setup', { server, key: link.key })}\n`)
}

/** Opens the database and the port at the same time: who asks too early is told that it is starting. */
async function open(config: ServeConfig): Promise<{ engine: Engine; server: RunningServer }> {
  const { access, host, port, limits, metricsToken } = config
  const logger = createLogger(config.log)
  const opening = openEngine(config, logger)
  const mcp = (engine: Engine) => serveMcp(engine, logger)
  const more = { ...(metricsToken !== null && { metricsToken }), ...(hasBoard() && { board: boardFolder }) }
  const serving = serve({ engine: opening, ...access, host, port, logger, mcp, limits, ...more })
  try {
    const [engine, server] = await Promise.all([opening, serving])
    return { engine, server }
  } catch (error) {
    const [opened, served] = await Promise.allSettled([opening, serving])
    if (opened.status === 'fulfilled') await opened.value.stop()
    if (served.status === 'fulfilled') await served.value.close()
    throw error
  }
}

export async function openEngine(config: OpenConfig, logger: Logger): Promise<Engine> {
  const { storage, blobs, anchors, secrets, allowed, plugins: names, deliveriesFolder: folder } = config
  // Who asks for help or checks a database does not wait for all adapters to load, and neither does the port.
  const [{ openAdapters }, { allDestinations }] = await Promise.all([import('./adapters.ts'), import('@engine/deliveries')])
  const destinations = allDestinations({ allow: allowed.targets, folder })
  const [adapters, plugins] = [openAdapters(allowed), await openPlugins(names)]
  return createEngine({
    storage,
    blobs,
    anchors,
    secrets: secrets ?? undefined,
    adapters,
    destinations,
    plugins,
    logger,
    timesStatements: true,
    settings: config.settings,
    ...(await findTelemetry()),
  })
}

/** Run from sources, the board is there once it was built. */
function hasBoard(): boolean {
  return existsSync(boardFolder)
}

/** Whoever is asked by no client of that protocol does not wait for it to load. */
function serveMcp(engine: Engine, logger: Logger): Mounted {
  let loading: Promise<Mounted> | undefined
  return async (request, actor) => {
    loading ??= import('@engine/mcp').then(({ mcpEndpoint }) => mcpEndpoint(engine, { logger }))
    return (await loading)(request, actor)
  }
}

interface Beginning extends Pick<ServeConfig, 'hasDemo' | 'bootstrap'> {
  readonly server: RunningServer
  readonly screen: Screen
}

async function begin(engine: Engine, given: Beginning): Promise<void> {
  const { server, screen } = given
  const made = (await given.bootstrap?.(engine)) ?? 0
  if (made > 0) screen.print(`Made what was to be there from the beginning: ${made} ${made === 1 ? 'thing' : 'things'}.\n`)
  const isEmpty = (await engine.companies.list({ limit: 1 })).items.length === 0
  await showWork(engine, { screen, url: server.url })
  await engine.start()
  if (isEmpty && given.hasDemo) {
    screen.print('The database is empty: here is a demo company that checks the Markdown of this folder.\n')
    await createDemoCompany(engine, { root: process.cwd(), program: programPath() })
    return
  }
  const unfinished = await findUnfinishedDemo(engine)
  if (unfinished) await createDemoCompany(engine, unfinished)
  await announceWaiting(engine, given)
}

/** What waits for a person since the last time. */
async function announceWaiting(engine: Engine, { server, screen }: Pick<Beginning, 'server' | 'screen'>): Promise<void> {
  const { items } = await engine.companies.list({ limit: 100 })
  for (const company of items) {
    const pending = await engine.deliverables.list({ companyId: company.id, status: 'pending' })
    for (const deliverable of pending.items) announceReview({ screen, url: server.url }, deliverable)
  }
}
