import type { SecretStore } from '@engine/core'
import { isLoopback } from '@engine/http'

import { readAllowed, readLog, readPlugins, readSettings, readToken, type AllowedFlags, type ServeConfig } from './config.ts'
import { placeOfDatabase, readDatabase, readDataDir, type DatabaseFlags } from './database.ts'
import { needSecrets } from './secret-key.ts'
import { readNumber, type Environment } from './settings.ts'

export interface WorkerFlags extends DatabaseFlags, AllowedFlags {
  readonly concurrency?: string
  readonly name?: string
  readonly grace?: string
  readonly server?: string
  readonly key?: string
  readonly metricsPort?: string
  readonly metricsHost?: string
}

/** How long agents that do not end by themselves may take when a process that executes them stops, milliseconds. */
export const releaseMs = 15_000

/** How a process executes runs, wherever it takes them from. */
interface Executing extends Pick<ServeConfig, 'allowed' | 'log'> {
  readonly concurrency: number
  readonly name: string | undefined
  /** How long live runs may go on when it is told to stop, milliseconds. */
  readonly graceMs: number
}

export interface WorkerConfig extends Executing, Pick<ServeConfig, 'storage' | 'plugins' | 'settings'> {
  /** What the process that seals them opens too. */
  readonly secrets: SecretStore
  /** Where a monitor reads how it is; null for nowhere. */
  readonly figures: Figures | null
}

interface Figures {
  readonly host: string
  readonly port: number
  readonly metricsToken: string | null
}

export interface NodeConfig extends Executing {
  readonly server: URL
  readonly key: string
}

/** @throws naming the setting that is wrong, and when the database is not one that several processes share */
export async function readWorkerConfig(flags: WorkerFlags, environment: Environment): Promise<WorkerConfig> {
  const dataDir = readDataDir(flags, environment)
  if (placeOfDatabase(flags, environment).kind !== 'postgres') throw new Error(notShared)
  return {
    storage: await readDatabase(flags, environment),
    secrets: needSecrets({ dataDir, secretKey: environment['ENGINE_SECRET_KEY'] }),
    plugins: readPlugins(flags, environment),
    settings: readSettings(flags, environment),
    figures: readFigures(flags, environment),
    ...readExecuting(flags, environment),
  }
}

function readExecuting(flags: WorkerFlags, environment: Environment): Executing {
  return {
    allowed: readAllowed(flags, environment),
    log: readLog(flags, environment),
    concurrency: readNumber('--concurrency', flags.concurrency ?? '8', { least: 1, most: 1_000 }),
    name: flags.name,
    graceMs: 1_000 * readNumber('--grace', flags.grace ?? '15', { least: 0, most: 3_600 }),
  }
}

function readFigures(flags: WorkerFlags, environment: Environment): Figures | null {
  const port = flags.metricsPort ?? environment['ENGINE_METRICS_PORT'] ?? ''
  if (port === '') return null
  return {
    host: flags.metricsHost ?? environment['ENGINE_METRICS_HOST'] ?? '127.0.0.1',
    port: readNumber('ENGINE_METRICS_PORT (or --metrics-port)', port, { least: 0, most: 65_535 }),
    metricsToken: readToken(environment['ENGINE_METRICS_TOKEN']),
  }
}

/** Null for a worker on a database. @throws naming the setting that is wrong */
export function readNodeConfig(flags: WorkerFlags, environment: Environment): NodeConfig | null {
  const address = flags.server ?? environment['ENGINE_SERVER']
  if (address === undefined || address === '') return null
  if (flags.databaseUrl !== undefined) throw new Error('A worker takes runs from a --server or from a --database-url, not from both.')
  if ((flags.metricsPort ?? environment['ENGINE_METRICS_PORT'] ?? '') !== '')
    throw new Error(
      '--metrics-port (ENGINE_METRICS_PORT) is for a worker on a database. How a worker of a server is, the server shows: engine workers list.',
    )
  const key = flags.key ?? environment['ENGINE_NODE_KEY'] ?? ''
  if (key === '')
    throw new Error('A worker of a server needs a key: --key, or better ENGINE_NODE_KEY. The server makes one by POST /api/node-keys.')
  return { server: readServer(address), key, ...readExecuting(flags, environment) }
}

/** What is sent there holds secrets, so it goes in the clear nowhere but inside this machine. */
function readServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const isInside = url !== null && isLoopback(url.hostname)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isInside)) return url
  throw new Error(`--server must be an https:// address, or an http:// one on this machine, not "${text}".`)
}

const notShared = `A worker joins the other processes of one Postgres database, and this is none. A SQLite file and PGlite are for the one
machine, or the one process, that engine serve runs in, and it executes the runs itself. To add workers, give engine serve and
engine worker the same --database-url postgres://user:password@host:5432/database (or DATABASE_URL).`.replaceAll('\n', ' ')
