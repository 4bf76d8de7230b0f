import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { longestMessage, readMessage, type FromPlugin, type ToPlugin } from './protocol.ts'

export interface ProcessLimits {
  /** What the process may have in memory, bytes; Node's own heap stays below it. */
  readonly memoryBytes: number
  /** How long it may leave a heartbeat without an answer, milliseconds. */
  readonly silentMs: number
  /** How many messages it may send in a second. */
  readonly messagesPerSecond: number
}

interface Starting {
  /** The folder of the plugin, all that it may read; links are followed first. */
  readonly root: string
  readonly entry: string
  readonly limits: ProcessLimits
  onMessage(message: FromPlugin): void
  /** What it prints, in pieces of bounded size. */
  onPrint(text: string): void
  /** Exactly once, when nothing of it is left. */
  onEnd(reason: string): void
}

/** One process of a plugin. */
export interface PluginProcess {
  /** @returns false when it does not take anything at the moment */
  send(message: ToPlugin): boolean
  kill(reason: string): void
  readonly ended: Promise<void>
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const heartbeatMs = 500
const memoryMs = 50
const mostPrintedAtOnce = 4_096
/** How much may wait to be read by a process that reads nothing, bytes. */
const mostUnread = 4 * longestMessage

/**
 * Starts the process of a plugin: with Node's permissions, an empty environment and a group of its own. Whatever breaks a limit is
 * killed with all that it started; nothing that it does throws here (PROMISES P17).
 */
export function startProcess(starting: Starting): PluginProcess {
  const { limits, onEnd } = starting
  const child = launch(starting)
  const ended = Promise.withResolvers<void>()
  let why: string | null = null
  let lastPong = performance.now()

  function kill(reason: string): void {
    why ??= reason
    killGroup(child)
  }

  const heart = setInterval(() => {
    if (performance.now() - lastPong > limits.silentMs) return kill('it did not answer a heartbeat')
    send({ ping: 1 })
  }, heartbeatMs)
  const scale = setInterval(() => {
    if (residentBytes(child.pid) > limits.memoryBytes) kill('it used too much memory')
  }, memoryMs)

  function end(reason: string): void {
    clearInterval(heart)
    clearInterval(scale)
    // Also what it may have started, however it ended.
    killGroup(child)
    onEnd(why ?? reason)
    ended.resolve()
  }

  function send(message: ToPlugin): boolean {
    if (!child.stdin.writable || child.stdin.writableLength > mostUnread) return false
    child.stdin.write(`${JSON.stringify(message)}\n`)
    return true
  }

  heart.unref()
  scale.unref()
  let isOver = false
  const endOnce = (reason: string) => {
    if (isOver) return
    isOver = true
    end(reason)
  }
  // A pipe that breaks is told by the end of the process; without a listener it would end this one.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
  child.on('error', (error) => endOnce(`it could not be started: ${error.message}`))
  child.on('close', (code, signal) => endOnce(signal ? `it was ended by ${signal}` : `it ended with code ${code}`))
  readLines(child.stdout, {
    limits,
    kill,
    onMessage(message) {
      if ('pong' in message || 'ready' in message) lastPong = performance.now()
      else starting.onMessage(message)
    },
  })
  child.stderr.on('data', (chunk: Buffer) => starting.onPrint(chunk.subarray(0, mostPrintedAtOnce).toString()))
  return { send, kill, ended: ended.promise }
}

function launch({ root, entry, limits }: Starting): Child {
  // As source beside this file; built, below the one file that this is part of.
  const file = import.meta.url.endsWith('.ts') ? './child.ts' : './plugin-host/isolated/child.js'
  const program = fileURLToPath(new URL(file, import.meta.url))
  const heapMb = Math.max(16, Math.floor(limits.memoryBytes / 2 / 1024 / 1024))
  const readable = [realpathSync(program), `${realpathSync(root)}/`]
  const rules = ['--permission', ...readable.map((path) => `--allow-fs-read=${path}`), '--disallow-code-generation-from-strings']
  const quiet = ['--no-warnings', `--max-old-space-size=${heapMb}`]
  return spawn(process.execPath, [...rules, ...quiet, program, pathToFileURL(realpathSync(entry)).href], {
    cwd: realpathSync(root),
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
}

function killGroup({ pid }: Child): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of the group is left.
  }
}

/** What a process has in memory, where the system says so; elsewhere the limit of its heap has to do. */
function residentBytes(pid: number | undefined): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return pages * 4_096
  } catch {
    return 0
  }
}

interface Reading {
  readonly limits: ProcessLimits
  kill(reason: string): void
  onMessage(message: FromPlugin): void
}

/** Reads messages line by line; one that is too long, none at all, or too many of them end the process. */
function readLines(stream: Readable, { limits, kill, onMessage }: Reading): void {
  let pieces: Buffer[] = []
  let bytes = 0
  let since = performance.now()
  let count = 0

  function take(line: string): boolean {
    const now = performance.now()
    if (now - since > 1_000) [since, count] = [now, 0]
    count += 1
    const message = count > limits.messagesPerSecond ? null : readMessage(line)
    if (message) onMessage(message)
    else kill(count > limits.messagesPerSecond ? 'it sent too many messages' : 'it sent something that is no message')
    return message !== null
  }

  stream.on('data', (chunk: Buffer) => {
    for (let start = 0; start < chunk.length;) {
      const newline = chunk.indexOf(10, start)
      const piece = chunk.subarray(start, newline < 0 ? chunk.length : newline)
      pieces.push(piece)
      bytes += piece.length
      if (bytes > longestMessage) {
        stream.destroy()
        return kill('it sent a message that is too long')
      }
      if (newline < 0) return
      const line = Buffer.concat(pieces).toString()
      pieces = []
      bytes = 0
      if (!take(line)) return stream.destroy() && undefined
      start = newline + 1
    }
  })
}
