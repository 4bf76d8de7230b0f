// A real PgBouncer before a test server, pooling by transaction: what Engine must stand, since many hosts put one before their Postgres.
import { join } from 'node:path'

import { findPgBouncer, type FoundPgBouncer, type Skipped } from './pgbouncer-program.ts'
import {
  copyForEveryone,
  createServerHome,
  launch,
  onFreePort,
  ownFile,
  removeServerHome,
  runToEnd,
  untilItAnswers,
  type Program,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts'

/** Few, so that clients do share. */
const POOL_SIZE = 8

export interface PgBouncer {
  /** As the server's, with any of its databases as the path. */
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

interface Plan {
  readonly port: number
  readonly serverUrl: string
  /** What the program says of itself. */
  readonly version: string
}

/** Pools the connections to the server behind the address; without `stop` it ends with this process. */
export async function startPgBouncer({ serverUrl }: { serverUrl: string }): Promise<PgBouncer | Skipped> {
  const found = await findPgBouncer()
  if ('skipped' in found) return found
  const home = createServerHome('pgbouncer', 'SIGKILL')
  try {
    const program = prepare(home, found)
    const version = await runToEnd(home, { ...program, args: ['--version'] })
    const { url, server } = await onFreePort((port) => serve(home, program, { port, serverUrl, version }))
    return { url, pid: server.pid, stop: () => removeServerHome(home) }
  } catch (error) {
    await removeServerHome(home)
    throw error
  }
}

async function serve(home: ServerHome, program: Program, plan: Plan): Promise<{ url: string; server: ServerProcess }> {
  const url = new URL(plan.serverUrl)
  const usersFile = ownFile(home, 'users.txt', `"${decodeURIComponent(url.username)}" "${decodeURIComponent(url.password)}"\n`)
  const settingsFile = ownFile(home, 'pgbouncer.ini', settingsText(plan, usersFile))
  const server = await launch(home, { ...program, args: [settingsFile] })
  url.port = String(plan.port)
  await untilItAnswers(server, url.href)
  return { url: url.href, server }
}

/** A fetched one lies with us, where another user that it runs as may not be able to enter. */
function prepare(home: ServerHome, found: FoundPgBouncer): Program {
  if ('file' in found) return { file: found.file, libraries: [] }
  const folder = home.user ? join(home.folder, 'program') : found.folder
  if (home.user) copyForEveryone(found.folder, folder)
  return { file: join(folder, 'pgbouncer'), libraries: [folder] }
}

function settingsText({ port, serverUrl, version }: Plan, usersFile: string): string {
  const server = new URL(serverUrl)
  const [, major, minor] = /PgBouncer (\d+)\.(\d+)/.exec(version) ?? []
  const knowsPreparedStatements = Number(major) > 1 || Number(minor) >= 21
  const lines = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${usersFile}`,
    'pool_mode = transaction',
    `default_pool_size = ${POOL_SIZE}`,
    'max_client_conn = 500',
    // A server that was killed and started again is found again within a second, and a database without work holds no connection.
    'server_login_retry = 1',
    'server_idle_timeout = 10',
    // The least that any version can do, so that tests mean the same wherever they run: older ones know no prepared statements.
    ...(knowsPreparedStatements ? ['max_prepared_statements = 0'] : []),
  ]
  return `${lines.join('\n')}\n`
}
