// Finds a PgBouncer to run: an installed one, or else one that apt-get fetches into node_modules/.cache. Nothing is installed on the
// machine, so no service of it starts there either, and it needs no root.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FETCH_LIMIT_MS = 120_000
/** A fetch that failed is not tried again for so long, since each run would wait for it. */
const FETCH_AGAIN_MS = 60 * 60 * 1000
const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))

/** An installed file, or a folder with the program and the libraries that this machine lacks. */
export type FoundPgBouncer = { readonly file: string } | { readonly folder: string }

export interface Skipped {
  /** Why there is none and what would help, in one line. */
  readonly skipped: string
}

export async function findPgBouncer(): Promise<FoundPgBouncer | Skipped> {
  for (const file of ['pgbouncer', '/usr/sbin/pgbouncer']) if (await runs(file)) return { file }
  // A cache may be shared with another system, through a mounted folder.
  const folder = join(cache, `pgbouncer-${process.platform}-${process.arch}-${systemStamp()}`)
  if (existsSync(folder)) return { folder }
  if (!(await runs('apt-get'))) return { skipped: 'there is no pgbouncer on PATH and no apt-get to fetch one; install PgBouncer' }
  const note = `${folder}.failed`
  if (existsSync(note) && Date.now() - statSync(note).mtimeMs < FETCH_AGAIN_MS) return { skipped: readFileSync(note, 'utf8') }
  return fetchInto(folder, note)
}

async function fetchInto(folder: string, note: string): Promise<FoundPgBouncer | Skipped> {
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, 'pgbouncer-'))
  try {
    const stop = AbortSignal.timeout(FETCH_LIMIT_MS)
    await download(work, stop)
    await unpack(work, stop)
    moveUnlessThere(join(work, 'program'), folder)
    return { folder }
  } catch (error) {
    const lines = String(error).split('\n')
    const cause = lines.find((line) => line.startsWith('E: ')) ?? lines[0]
    const skipped = `apt-get could not fetch PgBouncer (${cause}: is the network there?); install it, or remove ${note} to try again`
    writeFileSync(note, skipped)
    return { skipped }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Downloads the package and those it needs that are not installed, with lists of our own when the system's are missing or old. */
async function download(work: string, stop: AbortSignal): Promise<void> {
  mkdirSync(join(work, 'archives/partial'), { recursive: true })
  mkdirSync(join(work, 'lists/partial'), { recursive: true })
  const settings = [
    `Dir::Cache=${work}`,
    'Debug::NoLocking=true',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=0',
    'Acquire::http::Timeout=5',
    'Acquire::https::Timeout=5',
  ]
  const aptGet = (...args: string[]) => run('apt-get', [...settings.flatMap((setting) => ['-o', setting]), ...args], stop)
  const fetchPackages = () => aptGet('install', '--yes', '--download-only', '--no-install-recommends', 'pgbouncer')
  try {
    await fetchPackages()
  } catch {
    settings.push(`Dir::State::lists=${join(work, 'lists')}`)
    // It fails when any one source does; whether ours did, the next step tells.
    await aptGet('update').catch(() => undefined)
    await fetchPackages()
  }
}

/** Gathers the program and the libraries in one flat folder, and proves that it runs so. */
async function unpack(work: string, stop: AbortSignal): Promise<void> {
  const archives = join(work, 'archives')
  const root = join(work, 'root')
  const program = join(work, 'program')
  mkdirSync(program)
  for (const name of readdirSync(archives)) {
    if (name.endsWith('.deb')) await run('dpkg-deb', ['--extract', join(archives, name), root], stop)
  }
  const isWanted = (path: string) => path.endsWith('sbin/pgbouncer') || /\.so(\.\d+)*$/.test(path)
  const wanted = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(isWanted)
  for (const path of wanted) copyFileSync(join(root, path), join(program, basename(path)))
  await promisify(execFile)(join(program, 'pgbouncer'), ['--version'], { env: { LD_LIBRARY_PATH: program } })
}

/** Another run may have been quicker; what it fetched is as good. */
function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}

async function runs(file: string): Promise<boolean> {
  return promisify(execFile)(file, ['--version']).then(
    () => true,
    () => false,
  )
}

async function run(file: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  await promisify(execFile)(file, args, { signal, killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C' } })
}

function systemStamp(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release') : ''
  return createHash('sha256').update(release).digest('hex').slice(0, 8)
}
