import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { silentLogger, type AdapterEvent, type LogStream, type RunContext, type RunOutcome } from '@engine/core/plugin'

import { processAdapter } from './adapter.ts'

export const anyContext: RunContext = {
  spec: 'engine.run-context.v1',
  run: { id: 'run', attempt: 1, wakeReasons: ['assignment'], fence: 1 },
  company: { id: 'company', name: 'Møbel & Söhne' },
  agent: { id: 'agent', name: 'Ada', role: 'engineer', title: null, instructions: null },
  goals: [],
  task: {
    id: 'task',
    identifier: 'ENG-1',
    title: 'Try it',
    description: null,
    priority: 'medium',
    acceptanceCriteria: [],
    tags: [],
    context: {},
  },
  comments: [],
  blockers: [],
  feedback: [],
}

interface RunOptions {
  context?: RunContext
  config?: Record<string, unknown>
  signal?: AbortSignal
  emit?: (event: AdapterEvent) => Promise<void>
  onEvent?: (event: AdapterEvent, runId: string) => void
}

export interface FinishedRun {
  runId: string
  outcome: RunOutcome
  events: AdapterEvent[]
  tookMs: number
  log(stream: LogStream): string
}

const startedRuns: string[] = []

/** Ends what a failed test left of its runs. */
export function endLeftovers(): void {
  for (const pid of startedRuns.splice(0).flatMap(processesOf)) process.kill(pid, 'SIGKILL')
}

/** An id whose processes `endLeftovers` ends. */
export function newRunId(): string {
  const runId = randomUUID()
  startedRuns.push(runId)
  return runId
}

/** Runs `node -e code` through the adapter; `config` can name another program. */
export async function runNode(code: string, options: RunOptions = {}): Promise<FinishedRun> {
  const adapter = processAdapter()
  const config = adapter.configSchema.parse({ command: process.execPath, args: ['-e', code], ...options.config })
  const runId = newRunId()
  const events: AdapterEvent[] = []
  const session = await adapter.start({ config, runId, logger: silentLogger })
  const startedAt = performance.now()
  const outcome = await session.run({
    context: options.context ?? anyContext,
    signal: options.signal ?? new AbortController().signal,
    async emit(event) {
      await options.emit?.(event)
      events.push(event)
      options.onEvent?.(event, runId)
    },
  })
  const log = (stream: LogStream) => events.map((event) => (event.type === 'log' && event.stream === stream ? event.text : '')).join('')
  return { runId, outcome, events, tookMs: performance.now() - startedAt, log }
}

/** A line of code that says something in the protocol. */
export function say(message: Record<string, unknown>): string {
  return `console.log(${JSON.stringify(JSON.stringify(message))});`
}

/**
 * Code that starts a process outside of the program's group, session and parentage, with the program's own stdout.
 * `environment` is an expression; an empty one hides the marker of the run too.
 */
export function escape(code: string, environment = 'process.env'): string {
  const options = `{ detached: true, stdio: 'inherit', env: ${environment} }`
  const middle = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(code)}], ${options}).unref(); process.exit(0)`
  return `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(middle)}], ${options}).unref();`
}

/** The living processes of a run, found by other code than the one under test. */
export function processesOf(runId: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => hasMarker(pid, runId)).map(Number)
}

function hasMarker(pid: string, runId: string): boolean {
  try {
    const isMarked = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`ENGINE_RUN_ID=${runId}`)
    return isMarked && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** Gives the first value that is not undefined. @throws after `withinMs` */
export async function eventually<Value>(look: () => Value | undefined, withinMs = 10_000): Promise<Value> {
  for (const startedAt = performance.now(); performance.now() - startedAt < withinMs;) {
    const value = look()
    if (value !== undefined) return value
    await sleep(20)
  }
  throw new Error(`It did not happen within ${withinMs} ms.`)
}
