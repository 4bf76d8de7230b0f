import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

// Shared by the shim and the host, so it imports node built-ins only.

/** Every process of a run carries this variable with the run's id. */
export const RUN_MARKER = 'ENGINE_RUN_ID'

/** The program of a run. `startTime` tells it from a later process with the same number; null where /proc is missing. */
export interface TreeLeader {
  readonly pid: number
  readonly startTime: string | null
}

/** What identifies the processes of one run. `leader` is null until the program was started. */
export interface ProcessTree {
  readonly runId: string
  readonly leader: TreeLeader | null
}

interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  readonly startTime: string
}

const hasProc = process.platform === 'linux'
/** Signals of a group go to the negative number; Windows has no groups and no signals, only an end. */
const groupTarget = (pid: number) => (process.platform === 'win32' ? pid : -pid)
const giveUpAfterMs = 2_000

/** The leader as an identity that survives reuse of its number. Call it before the process can have been reaped. */
export function identifyLeader(pid: number): TreeLeader {
  return { pid, startTime: hasProc ? (readProcess(pid)?.startTime ?? null) : null }
}

/**
 * Asks every living process of the tree to end, waits up to `graceMs`, then kills what is left.
 * Resolves with the processes that outlived even that: none, but for processes the kernel can not end.
 */
export async function endTree(tree: ProcessTree, graceMs: number): Promise<number[]> {
  const startedAt = performance.now()
  let alive = signalTree(tree, 'SIGTERM')
  for (let waitMs = 10; alive.length > 0 && performance.now() - startedAt < graceMs; waitMs = Math.min(waitMs * 2, 160)) {
    await sleep(Math.min(waitMs, Math.max(1, graceMs - (performance.now() - startedAt))))
    alive = livingMembers(tree)
  }
  const killingSince = performance.now()
  while (alive.length > 0 && performance.now() - killingSince < giveUpAfterMs) {
    signalTree(tree, 'SIGKILL')
    await sleep(10)
    alive = livingMembers(tree)
  }
  return alive
}

/** Sends a signal to the whole tree and gives the processes that it was sent to. */
function signalTree(tree: ProcessTree, signal: NodeJS.Signals): number[] {
  if (!hasProc) {
    const alive = livingMembers(tree)
    for (const pid of alive) send(groupTarget(pid), signal)
    return alive
  }
  const rows = memberRows(tree)
  // The group at once first: nothing in it can fork between two of these signals.
  if (tree.leader && rows.some((row) => row.group === tree.leader?.pid)) send(groupTarget(tree.leader.pid), signal)
  for (const row of rows) {
    const isInGroup = row.group === tree.leader?.pid
    if (!isInGroup && readProcess(row.pid)?.startTime === row.startTime) send(row.pid, signal)
  }
  return rows.map((row) => row.pid)
}

/** The processes of the tree that are alive; zombies are not. Without /proc: the leader's number while its group lives. */
export function livingMembers(tree: ProcessTree): number[] {
  if (hasProc) return memberRows(tree).map((row) => row.pid)
  return tree.leader && send(groupTarget(tree.leader.pid), 0) ? [tree.leader.pid] : []
}

function memberRows(tree: ProcessTree): ProcessRow[] {
  const rows = readProcesses().filter((row) => row.pid !== process.pid)
  const leader = usableLeader(tree.leader)
  const members = new Map<number, ProcessRow>()
  for (const row of rows) {
    const isNearLeader = leader !== null && [row.pid, row.group, row.session].includes(leader)
    if (isNearLeader || carriesMarker(row.pid, tree.runId)) members.set(row.pid, row)
  }
  addDescendants(members, rows)
  return [...members.values()]
}

/**
 * The kernel gives a number out again only when no group or session of that number is left, so a leader with another
 * start time means that nothing of ours is behind this number any more.
 */
function usableLeader(leader: TreeLeader | null): number | null {
  if (!leader) return null
  const current = readStat(leader.pid)
  return current && leader.startTime !== null && current.startTime !== leader.startTime ? null : leader.pid
}

function addDescendants(members: Map<number, ProcessRow>, rows: readonly ProcessRow[]): void {
  for (let sizeBefore = -1; sizeBefore !== members.size;) {
    sizeBefore = members.size
    for (const row of rows) if (members.has(row.parent)) members.set(row.pid, row)
  }
}

function readProcesses(): ProcessRow[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return numbers.map((name) => readProcess(Number(name))).filter((row) => row !== null)
}

/** A living process; null when it is gone or a zombie. */
function readProcess(pid: number): ProcessRow | null {
  const stat = readStat(pid)
  return stat?.isAlive ? stat : null
}

function readStat(pid: number): (ProcessRow & { isAlive: boolean }) | null {
  const text = readProcFile(`/proc/${pid}/stat`)?.toString('latin1')
  // The second field is the program's name in parentheses and can itself hold blanks and parentheses.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session] = fields ?? []
  const startTime = fields?.[19]
  if (state === undefined || startTime === undefined) return null
  const isAlive = !['Z', 'X', 'x'].includes(state)
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), startTime, isAlive }
}

function carriesMarker(pid: number, runId: string): boolean {
  const environment = readProcFile(`/proc/${pid}/environ`)
  if (!environment) return false
  const entry = Buffer.from(`${RUN_MARKER}=${runId}\0`)
  const at = environment.indexOf(entry)
  return at === 0 || (at > 0 && environment.includes(Buffer.concat([Buffer.from('\0'), entry])))
}

/** Null for a process that ended meanwhile or belongs to another user. */
function readProcFile(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch {
    return null
  }
}

/** False when there was nobody to receive it. */
function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal)
  } catch {
    return false
  }
}
