// Database servers for tests: each in a temporary folder of its own, as a user without rights when we are root (which they refuse),
// and under a guard that ends it with us.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import pg from 'pg'

const START_PATIENCE_MS = 60_000
/** Below the range from which systems take the ports of outgoing connections: a client that connects again to a server which is down would otherwise meet itself. */
const PORTS = { first: 20_000, end: 32_000 }
/** Files that are there as long as the machine runs. */
const MEMORY_FOLDER = '/dev/shm'
/** Many times what a run of the tests holds there at once. */
const MEMORY_ROOM = 4 * 1024 ** 3

interface ServerUser {
  readonly uid: number
  readonly gid: number
}

export interface ServerHome {
  readonly folder: string
  /** The same one, unless the data are in memory: from there programs may not run everywhere. */
  readonly dataFolder: string
  /** As whom its programs run; null when as ourselves. */
  readonly user: ServerUser | null
  readonly guard: ChildProcess
}

export interface Program {
  readonly file: string
  /** Folders of the shared libraries that it needs. */
  readonly libraries: readonly string[]
}

export interface Command extends Program {
  readonly args: readonly string[]
}

export interface ServerProcess {
  readonly pid: number
  isRunning(): boolean
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
  /** What it printed. */
  output(): string
}

/** A new folder, whose guard ends with `endSignal` what runs in it. Its data are `inMemory` only where that has room for them. */
export function createServerHome(name: string, endSignal: NodeJS.Signals, { inMemory = false } = {}): ServerHome {
  const user = process.getuid?.() === 0 ? userWithoutRights() : null
  const folder = newFolder(temporaryRoot(user), { name, user })
  const dataFolder = inMemory && memoryHasRoom() ? newFolder(MEMORY_FOLDER, { name, user }) : folder
  const guardFile = fileURLToPath(new URL('./server-guard.mjs', import.meta.url))
  const guard = spawn(process.execPath, [guardFile, endSignal, ...new Set([folder, dataFolder])], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Out of reach of the signals that a terminal sends to our group.
    detached: true,
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  guard.stdin.on('error', () => undefined)
  guard.unref()
  return { folder, dataFolder, user, guard }
}

/** Ends what runs in it and removes the folder. */
export async function removeServerHome({ folder, dataFolder, guard }: ServerHome): Promise<void> {
  guard.ref()
  guard.stdin?.end()
  if (!hasEnded(guard)) await once(guard, 'exit')
  const left = [folder, dataFolder].find((each) => existsSync(each))
  if (left !== undefined) throw new Error(`the guard of ${left} ended without removing it; end the server that runs there and remove it`)
}

/** A folder for its data that belongs to the user of the server. */
export function ownDataFolder({ dataFolder, user }: ServerHome): string {
  const path = join(dataFolder, 'data')
  mkdirSync(path, { mode: 0o700 })
  if (user) chownSync(path, user.uid, user.gid)
  return path
}

/** A file inside that nobody but the user of the server reads. */
export function ownFile({ folder, user }: ServerHome, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  if (user) chownSync(path, user.uid, user.gid)
  return path
}

/** A new folder that every user may enter, whatever the umask is. */
export function openFolder(path: string): void {
  mkdirSync(path)
  chmodSync(path, 0o755)
}

/** Copies so that every user may read it, whatever the modes of the original and the umask are. */
export function copyForEveryone(from: string, to: string, isWanted: (name: string) => boolean = () => true): void {
  openFolder(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!isWanted(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyForEveryone(source, target, isWanted)
    else {
      copyFileSync(source, target, constants.COPYFILE_FICLONE)
      chmodSync(target, 0o755)
    }
  }
}

/** Runs a program to its end as the user of the server; answers with what it printed. */
export async function runToEnd(home: ServerHome, command: Command): Promise<string> {
  const running = promisify(execFile)(command.file, command.args, surroundings(home, command))
  tellGuard(home, running.child.pid)
  try {
    return (await running).stdout
  } catch (error) {
    throw failure(command.file, error)
  } finally {
    tellGuard(home, 0)
  }
}

/** Starts a server; the guard knows of it from then on. */
export async function launch(home: ServerHome, command: Command): Promise<ServerProcess> {
  if (hasEnded(home.guard)) throw new Error(`no server starts without its guard, and that of ${home.folder} has ended`)
  const logFile = join(home.folder, 'log')
  const log = openSync(logFile, 'w', 0o600)
  const child = spawn(command.file, command.args, { ...surroundings(home, command), stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  tellGuard(home, child.pid)
  child.once('exit', () => tellGuard(home, 0))
  await once(child, 'spawn').catch((error: unknown) => {
    throw failure(command.file, error)
  })
  // A program that forgets to stop its server still ends; the guard then does it.
  child.unref()
  const isRunning = () => !hasEnded(child)
  return { pid: child.pid ?? 0, isRunning, end, output: () => readFileSync(logFile, 'utf8') }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!isRunning()) return
    child.ref()
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

/** Waits until the server behind the address answers a query. */
export async function untilItAnswers(server: ServerProcess, url: string): Promise<void> {
  const deadline = Date.now() + START_PATIENCE_MS
  for (;;) {
    if (!server.isRunning()) throw new Error(`the server ended as it started; it printed:\n${server.output()}`)
    try {
      await withClient(url, (client) => client.query('select 1'))
      return
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`the server does not answer; it printed:\n${server.output()}`, { cause: error })
    }
    await sleep(10)
  }
}

/** Starts on a free port; on another one when somebody else was quicker. */
export async function onFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let triesLeft = 5; ; triesLeft -= 1) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (triesLeft === 0 || !/address already in use/i.test(String(error))) throw error
    }
  }
}

/** One connection for the time of the work. */
export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 10_000 })
  // A connection that breaks fails the query that waits; without a listener it would end the process as well.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The guard ends this one from now on; 0 is none. */
function tellGuard({ guard }: ServerHome, pid = 0): void {
  guard.stdin?.write(`${pid}\n`)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function freePort(): Promise<number> {
  for (;;) {
    const probe = createServer()
    const port = randomInt(PORTS.first, PORTS.end)
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => probe.close(resolve))
    return port
  }
}

/** Nothing of our environment reaches a server, save where programs are. */
function surroundings({ folder, user }: ServerHome, { libraries }: Command) {
  const path = libraries.join(':')
  const libraryPaths = path && { LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path }
  return { cwd: folder, env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...libraryPaths }, ...user }
}

/** What would work, by the code of the error. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'programs may not run from there; set TMPDIR to a folder from which they may',
  EINVAL: 'servers refuse root and this process may not become another user; run as an ordinary user',
  ENOENT: 'the program, or the C library that it was built for (glibc), is missing here',
  EPERM: 'servers refuse root and this process may not become another user; run as an ordinary user',
}

function failure(file: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new Error([`${file} failed`, String(error), remedies[code]].filter(Boolean).join('; '), { cause: error })
}

function userWithoutRights(): ServerUser {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name, uid }) => name && uid !== 0)
  const found = users.find(({ name }) => name === 'nobody') ?? users[0]
  if (!found)
    throw new Error('database servers refuse root and /etc/passwd names no other user; add one (nobody) or run as an ordinary user')
  return { uid: found.uid, gid: found.gid }
}

function newFolder(root: string, { name, user }: { name: string; user: ServerUser | null }): string {
  const folder = mkdtempSync(join(root, `engine-${name}-`))
  // Others may pass through to what they own, but not look around.
  if (user) chmodSync(folder, 0o711)
  return folder
}

function memoryHasRoom(): boolean {
  if (!existsSync(MEMORY_FOLDER)) return false
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER)
  return Math.min(bavail * bsize, process.availableMemory()) > MEMORY_ROOM
}

/** Where everybody may enter, when the server is not to run as ourselves. */
function temporaryRoot(user: ServerUser | null): string {
  if (!user) return tmpdir()
  const found = [tmpdir(), '/tmp', '/var/tmp'].find(isOpenToEveryone)
  if (found === undefined) throw new Error(`only root may enter ${tmpdir()}; set TMPDIR to a folder that every user may enter`)
  return found
}

function isOpenToEveryone(folder: string): boolean {
  if (!existsSync(folder)) return false
  const path = realpathSync(folder)
  const isOpen = (statSync(path).mode & 0o001) !== 0
  return isOpen && (dirname(path) === path || isOpenToEveryone(dirname(path)))
}
