import { once } from 'node:events'
import { constants, existsSync } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, dirname, isAbsolute, join } from 'node:path'

import type { StartConfig } from './config.ts'
import { codeOf, messageOf } from './failure.ts'
import { findSecrets, keyFile } from './secret-key.ts'
import { megabytes } from './text.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly isGood: boolean
  readonly what: string
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

/** Below this, databases and files of agents soon have nowhere to go. */
const leastFreeBytes = 500 * 1024 * 1024

/** Whether a server can start here as it is configured, without starting one or making a file. */
export async function examineStart(start: StartConfig): Promise<Finding[]> {
  return [
    await examineFolder(start.dataDir),
    examineKey(start),
    await examinePort(start),
    ...(await Promise.all(start.allowed.programs.map((program) => examineProgram(program)))),
  ]
}

/** A folder that is not there yet is made in the nearest one that is. */
async function examineFolder(dataDir: string): Promise<Finding> {
  const what = 'data folder'
  let folder = dataDir
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  try {
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const found = `${dataDir}${folder === dataDir ? '' : ', which a start makes'}, ${megabytes(free)} free`
    return free >= leastFreeBytes
      ? { isGood: true, what, found }
      : { isGood: false, what, found, advice: `Make room: below ${megabytes(leastFreeBytes)}, writing soon fails.` }
  } catch (error) {
    const advice = `Run: chmod u+w "${folder}", or name another folder by --data-dir.`
    return { isGood: false, what, found: `${folder} can not be written (${codeOf(error)})`, advice }
  }
}

/** Opened as a start does, and never made or shown. */
function examineKey({ dataDir, secretKey }: StartConfig): Finding {
  const what = 'key of the secrets'
  const file = keyFile(dataDir)
  try {
    const isGiven = secretKey !== undefined && secretKey !== ''
    if (findSecrets({ dataDir, secretKey })) return { isGood: true, what, found: isGiven ? 'ENGINE_SECRET_KEY' : file }
    return { isGood: true, what, found: `none yet; a start makes ${file}, unless something is sealed` }
  } catch (error) {
    const advice = 'Without the right key, no secret can be opened; restore it from where you keep its copy.'
    return { isGood: false, what, found: messageOf(error), advice }
  }
}

async function examinePort({ host, port }: StartConfig): Promise<Finding> {
  const what = 'port'
  const server = createServer()
  try {
    server.listen(port, host.replace(/^\[(.*)\]$/, '$1'))
    await once(server, 'listening')
    return { isGood: true, what, found: `${port} on ${host} is free` }
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' && (await isEngine(host, port)))
      return { isGood: true, what, found: `${port} on ${host} is an Engine's already` }
    const advice = 'Stop what holds it, or choose another by --port (PORT) or --host (HOST).'
    return { isGood: false, what, found: `${port} on ${host} can not be had (${codeOf(error)})`, advice }
  } finally {
    server.close()
  }
}

async function isEngine(host: string, port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${port}/api/health/live`, { signal: AbortSignal.timeout(2_000) })
    return answer.ok && (await answer.text()) === '{"status":"live"}'
  } catch {
    return false
  }
}

/** Found as a start of it finds it. */
async function examineProgram(program: string): Promise<Finding> {
  const what = `program ${program}`
  const places = isAbsolute(program) ? [program] : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return { isGood: true, what, found: place }
  }
  const advice = 'Install it, or take it out of --allow-program (ENGINE_ALLOW_PROGRAMS): agents that are run by it would fail.'
  return { isGood: false, what, found: isAbsolute(program) ? 'not there, or not to be run' : 'not on the PATH', advice }
}
