import { readFileSync } from 'node:fs'

/** What /proc counts CPU time in: USER_HZ, which is 100 on every Linux that Node.js runs on. */
const usPerTick = 10_000

/**
 * CPU time of a Postgres server and of all that it started, in microseconds: what its living processes used, and what
 * it was told of those that ended. Null on a system without /proc.
 */
export function serverCpuUs(postmaster: number): number | null {
  if (process.platform !== 'linux') return null
  try {
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    const ended = endedChildrenUs(postmaster)
    return [postmaster, ...children].reduce((sum, pid) => sum + (livingUs(pid) ?? 0), ended)
  } catch {
    return null
  }
}

/** One process, to the nanosecond where the kernel keeps that; null for one that has ended since it was listed. */
function livingUs(pid: number): number | null {
  const precise = read(`/proc/${pid}/schedstat`)?.split(' ')[0]
  if (precise !== undefined && Number(precise) > 0) return Number(precise) / 1_000
  const [user = 0, system = 0] = timesOf(pid) ?? []
  return (user + system) * usPerTick
}

function endedChildrenUs(pid: number): number {
  const [, , user = 0, system = 0] = timesOf(pid) ?? []
  return (user + system) * usPerTick
}

/** utime, stime, cutime and cstime, in ticks. */
function timesOf(pid: number): number[] | null {
  const stat = read(`/proc/${pid}/stat`)
  // The second field is the program's name in brackets, and may hold anything.
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).map(Number)
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
