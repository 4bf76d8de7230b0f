import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  createRedactor,
  silentLogger,
  type AdapterEvent,
  type AgentAdapter,
  type AgentTool,
  type JsonObject,
  type LogStream,
  type Redactor,
  type RunContext,
  type RunOutcome,
} from '@engine/core/plugin'

const anyTask: RunContext['task'] = {
  id: 'task',
  identifier: 'ENG-1',
  title: 'Try it',
  description: null,
  priority: 'medium',
  origin: 'person',
  acceptanceCriteria: [],
  tags: [],
  context: {},
}

export const anyContext: RunContext = {
  spec: 'engine.run-context.v1',
  mode: 'fat',
  tokens: { budget: 32_000, used: 100 },
  omitted: [],
  task: anyTask,
  agent: { id: 'agent', name: 'Ada', role: 'engineer', title: null, instructions: null },
  company: { id: 'company', name: 'Møbel & Söhne' },
  run: { id: 'run', attempt: 1, wakeReasons: ['assignment'], fence: 1 },
  goals: [],
  comments: [],
  interactions: [],
  feedback: [],
  blockers: [],
  preferences: {},
  knowledge: { about: '', entries: [], omitted: [], moreOmitted: 0, usedEmbeddings: false },
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

export interface RunOptions {
  context?: RunContext
  session?: JsonObject | null
  tools?: readonly AgentTool[]
  env?: Record<string, string>
  redactor?: Redactor
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

/** Runs one turn of an adapter and keeps what it emits. */
export async function runAdapter<Config>(
  adapter: AgentAdapter<Config>,
  given: Record<string, unknown>,
  options: RunOptions = {},
): Promise<FinishedRun> {
  const config = adapter.configSchema.parse(given)
  const runId = newRunId()
  const events: AdapterEvent[] = []
  const session = await adapter.start({
    config,
    runId,
    env: options.env ?? {},
    redactor: options.redactor ?? createRedactor([]),
    logger: silentLogger,
    cap: null,
  })
  const startedAt = performance.now()
  const outcome = await session.run({
    context: options.context ?? anyContext,
    session: options.session ?? null,
    tools: options.tools ?? [],
    meter: { reserve: async () => ({ settle: async () => undefined, release: async () => undefined }) },
    signal: options.signal ?? new AbortController().signal,
    async emit(event) {
      await options.emit?.(event)
      events.push(event)
      options.onEvent?.(event, runId)
    },
  })
  return { runId, outcome, events, tookMs: performance.now() - startedAt, log: (stream) => logOf(events, stream) }
}

/** All that was logged on one stream, as one text. */
function logOf(events: readonly AdapterEvent[], stream: LogStream): string {
  return events.map((event) => (event.type === 'log' && event.stream === stream ? event.text : '')).join('')
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
  return processesWith(`ENGINE_RUN_ID=${runId}`)
}

/** @param variable of their environment, as `NAME=value` */
export function processesWith(variable: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => hasVariable(pid, variable)).map(Number)
}

function hasVariable(pid: string, variable: string): boolean {
  try {
    const isMarked = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)
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
