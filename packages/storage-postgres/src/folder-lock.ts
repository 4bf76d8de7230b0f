import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'

export interface FolderLock {
  release(): Promise<void>
}

/** Who holds a folder: a process id alone is not enough, since ids are used again. */
interface Holder {
  readonly pid: number
  /** When that process started, as the system counts it; null where the system does not say. */
  readonly startedAt: string | null
}

/**
 * Takes a folder for this process. A lock left by a process that is gone is taken over.
 * @throws with the id of the process that holds it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  // Beside the folder: Postgres creates its files only in an empty one.
  const path = `${folder}.lock`
  const own = `${path}.${randomUUID()}`
  const holder: Holder = { pid: process.pid, startedAt: startOf(process.pid) }
  writeFileSync(own, JSON.stringify(holder))
  try {
    for (let tries = 0; ; tries += 1) {
      // A link appears with its content or not at all, and never over another.
      if (tryLink(own, path)) break
      const other = readHolder(path)
      if (tries > 10 || (other && isAlive(other))) throw new Error(refusal(folder, other))
      removeStale(path, other)
    }
  } finally {
    rmSync(own, { force: true })
  }
  return {
    async release() {
      if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}

function refusal(folder: string, holder: Holder | null): string {
  const who = holder ? `the process ${holder.pid}` : 'another process'
  return `The folder ${folder} is in use by ${who}. PGlite serves one process at a time: stop that one, choose another folder, or use a Postgres server.`
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder(path: string): Holder | null {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const { pid, startedAt } = Object(found) as Record<string, unknown>
    return typeof pid === 'number' ? { pid, startedAt: typeof startedAt === 'string' ? startedAt : null } : null
  } catch {
    return null
  }
}

/**
 * Takes a dead lock away. Another process may have put its own in its place since it was judged: what was taken away is looked
 * at again, and put back when it is not the dead one.
 */
function removeStale(path: string, judged: Holder | null): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    // Somebody else took it away; the next try to link decides.
    return
  }
  const taken = readHolder(aside)
  if (taken?.pid !== judged?.pid || taken?.startedAt !== judged?.startedAt) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const startedAt = startOf(holder.pid)
  return holder.startedAt === null || startedAt === null || startedAt === holder.startedAt
}

/** The start time of a process in clock ticks since the system booted: field 22 of its stat, after the name in brackets. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
