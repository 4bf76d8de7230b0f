import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { rootFolder, type Build } from './build.ts'

const probesFolder = join(import.meta.dirname, '..', 'probes')
const readyLimitMs = 30_000

/** Runs a probe in a fresh process and gives what it reports. */
export async function runProbe<Facts>(
  build: Build,
  given: { name: string; parameters?: readonly string[]; cacheFolder?: string; nodeArguments?: readonly string[] },
): Promise<Facts> {
  const { name, parameters = [], cacheFolder, nodeArguments = [] } = given
  const { NODE_COMPILE_CACHE: _, NODE_OPTIONS: __, ...inherited } = process.env
  const environment = cacheFolder === undefined ? inherited : { ...inherited, NODE_COMPILE_CACHE: cacheFolder }
  const allArguments = [...build.nodeArguments, ...nodeArguments, join(probesFolder, `${name}.mjs`), ...parameters]
  const { stdout } = await promisify(execFile)(process.execPath, allArguments, { env: environment, maxBuffer: 10_000_000 })
  // Each probe prints one line of JSON, with what its first comment says.
  return JSON.parse(stdout) as Facts
}

export interface ColdStart {
  /** From the start of the process to the first 200 of /api/health/ready. */
  readonly readyMs: number
  /** Two seconds later; null where the system has no /proc. */
  readonly idleRssMb: number | null
}

/** Starts the server as a user does, waits until it is ready and stops it. */
export async function startServer(build: Build, given: { dataFolder: string; cacheFolder: string }): Promise<ColdStart> {
  const serverArguments = [...build.nodeArguments, build.serverPath, 'serve', '--port', '0', '--no-demo', '--data-dir', given.dataFolder]
  const startedMs = performance.now()
  const child = spawn(process.execPath, serverArguments, {
    cwd: rootFolder,
    env: { ...process.env, NODE_COMPILE_CACHE: given.cacheFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await readUrl(child)
    while ((await statusOf(`${url}/api/health/ready`)) !== 200) {
      if (performance.now() - startedMs > readyLimitMs) throw new Error('the server did not become ready')
      await delay(2)
    }
    const readyMs = performance.now() - startedMs
    await delay(2_000)
    return { readyMs, idleRssMb: residentMb(child.pid) }
  } finally {
    const ended = once(child, 'exit')
    if (child.kill('SIGTERM')) await ended
  }
}

async function readUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the server has no output')
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const url = /ready on (http:\/\/\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    // Its later lines are of no interest, but must not fill the pipe.
    child.stdout.resume()
    return url
  }
  throw new Error('the server ended before it was ready')
}

async function statusOf(url: string): Promise<number | undefined> {
  const [response] = await once(get(url, { agent: false }), 'response')
  response.resume()
  return response.statusCode
}

function residentMb(pid: number | undefined): number | null {
  if (process.platform !== 'linux' || pid === undefined) return null
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return kilobytes === undefined ? null : (Number(kilobytes) * 1_024) / 1e6
}
