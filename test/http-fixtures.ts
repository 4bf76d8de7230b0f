import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { inject, onTestFinished } from 'vitest'
import { z } from 'zod'

import { createEngine, localSecrets, type Clock, type Engine, type JsonObject, type Storage } from '@engine/core'
import { ADAPTER_SPEC, systemClock, type AgentAdapter } from '@engine/core/plugin'
import { createHandler, serve, type HandlerOptions, type WireRequest } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { memoryBlobs, scriptedDestination, scriptedPlugins, watched } from '@engine/testing'

import { quickPasswords } from './support/accounts.ts'
import { sqliteBytes } from './support/templates.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown
  /** What the body has at a dotted path, as text. */
  at(path: string): string
}

export interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly credential?: string
}

export type Call = (method: string, path: string, sent?: Sent) => Promise<Answer>

/** The time of this machine, which a test moves on or holds still; waiting is left to the real one. */
interface TestClock extends Clock {
  advance(ms: number): void
  /** No time passes until what it returns is called, however long this process itself may be held up. */
  hold(): () => void
}

export interface World {
  readonly engine: Engine
  readonly clock: TestClock
  /** Every row of every table, as text. */
  dump(): Promise<string>
  /** Every row of one table, as text: also of those that a dump leaves out, since they change by themselves. */
  rowsOf(table: string): Promise<string>
  /** Grows with each row that a statement changed, also when its transaction was rolled back: equal means that nothing changed. */
  changes(): Promise<number>
}

const stillAdapter: AgentAdapter = {
  spec: ADAPTER_SPEC,
  type: 'still',
  title: 'Ends at once',
  configSchema: z.strictObject({ pace: z.enum(['slow', 'quick']).default('quick') }),
  metering: 'none',
  overshoot: '0: it spends nothing.',
  start: async () => ({ run: async () => ({ kind: 'done' }) }),
  isGenuine: ({ headers }) => headers['webhook-signature'] === 'genuine',
}

/** An engine in memory, stopped when the test ends; its loops are not started. */
export async function createWorld(): Promise<World> {
  const world = await openWorld(sqlite(await sqliteBytes(inject('templateFolder'))))
  onTestFinished(() => world.engine.stop())
  return world
}

/** The same where no test is: who opens it stops it. */
export async function openWorld(given: Storage = sqlite(':memory:')): Promise<World> {
  const storage = watched(given)
  const clock = createClock()
  const engine = await createEngine({
    storage,
    clock,
    adapters: [stillAdapter],
    destinations: [scriptedDestination()],
    plugins: scriptedPlugins(),
    blobs: memoryBlobs(),
    secrets: localSecrets({ key: randomBytes(32) }),
    checksOutputs: true,
    settings: { pollMs: 50, ...quickPasswords },
  })
  const changes = async () => (await storage.watch.query<{ count: number }>('select total_changes() as count'))[0]?.count ?? NaN
  const rowsOf = async (table: string) => JSON.stringify(await storage.watch.query(`select * from ${storage.watch.table(table)}`))
  return { engine, clock, dump: () => storage.watch.dump(), rowsOf, changes }
}

function createClock(): TestClock {
  let offsetMs = 0
  let heldAt: number | null = null
  return {
    ...systemClock,
    now: () => (heldAt ?? Date.now()) + offsetMs,
    advance: (ms) => void (offsetMs += ms),
    hold() {
      heldAt = Date.now()
      return () => void (heldAt = null)
    },
  }
}

export interface WatchedCall {
  readonly name: string
  readonly input: unknown
  readonly done: Promise<unknown>
}

/** The same engine, and every operation that a host has it execute. */
export function watchCalls(engine: Engine): { watched: Engine; calls: WatchedCall[] } {
  const calls: WatchedCall[] = []
  const execute: Engine['execute'] = (name, request) => {
    const done = engine.execute(name, request)
    calls.push({ name, input: request.input, done })
    return done
  }
  return { watched: { ...engine, execute }, calls }
}

/** Serves a world on a free port. */
export async function serveWorld(engine: Engine): Promise<{ url: string; port: number; call: Call; close(): Promise<void> }> {
  const server = await serve({ engine, port: 0 })
  onTestFinished(() => server.close())
  return { url: server.url, port: Number(new URL(server.url).port), close: () => server.close(), call: overNetwork(server.url) }
}

export function overNetwork(url: string): Call {
  return async (method, path, sent = {}) => {
    const { body, headers } = toRequest(sent)
    return read(await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body }) }))
  }
}

/** Calls the handler itself, as a host that speaks no HTTP of node's would. */
export function callHandler(options: HandlerOptions): Call {
  const handler = createHandler(options)
  return async (method, path, sent = {}) => {
    const { body, headers } = toRequest(sent)
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
    const given = new Headers({ host: 'localhost:4400', ...headers })
    const request: WireRequest = {
      method,
      url: new URL(`http://localhost:4400${path}`),
      header: (name) => given.get(name),
      body: async () => bytes,
      signal: () => AbortSignal.timeout(10_000),
    }
    const answer = await handler(request)
    if (answer.headers['content-type']?.startsWith('text/event-stream')) throw new Error('a stream of events has no end to wait for')
    const whole = typeof answer.body === 'string' ? answer.body : await buffer(Readable.from(answer.body))
    return read(new Response(answer.status === 304 ? null : whole, { status: answer.status, headers: answer.headers }))
  }
}

function toRequest({ body, headers, credential }: Sent): {
  body: string | Uint8Array<ArrayBuffer> | undefined
  headers: Record<string, string>
} {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  return {
    body: body === undefined ? undefined : isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      ...headers,
    },
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const body = toJson(text)
  return { status: response.status, headers: response.headers, text, body, at: (path) => String(valueAt(body, path)) }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function valueAt(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), body)
}

export interface Company {
  readonly companyId: string
  readonly prefix: string
  readonly goalId: string
  readonly agentId: string
  readonly otherAgentId: string
  /** Checked out by `agentId`, by the run of `credential`. */
  readonly taskId: string
  readonly runId: string
  readonly credential: string
  /** Ready, assigned to nobody. */
  readonly openTaskId: string
  /** Waits for `taskId`. */
  readonly waitingTaskId: string
  readonly commentId: string
  /** Pending, of a task in review. */
  readonly deliverableId: string
  readonly reviewedTaskId: string
}

/** A company with one of everything. */
export async function createCompany(engine: Engine, name: string): Promise<Company> {
  const { id: companyId, taskPrefix } = await engine.companies.create({ name })
  const goal = await engine.goals.create({ companyId, title: 'Ship it' })
  const hire = (given: string) =>
    engine.agents.create({ companyId, name: given, role: 'engineer', adapterType: 'still', executionMode: 'manual' })
  const agent = await hire('Ada')
  const other = await hire('Bob')
  const create = (title: string, more: JsonObject = {}) => engine.tasks.create({ companyId, title, goalId: goal.id, ...more })
  const reviewed = await create('Reviewed')
  const review = await engine.tasks.checkout({ taskId: reviewed.id, agentId: other.id })
  const deliverable = await engine.deliverables.submit({ taskId: reviewed.id, title: 'Draft', content: '# Draft' })
  await engine.runs.cancel({ runId: review.run.id })
  const task = await create('Work')
  const open = await create('Open')
  const waiting = await create('Waiting', { blockedBy: [task.id] })
  const { run, credential } = await engine.tasks.checkout({ taskId: task.id, agentId: agent.id })
  const comment = await engine.comments.create({ taskId: task.id, body: 'Hello' })
  return {
    companyId,
    prefix: taskPrefix,
    goalId: goal.id,
    agentId: agent.id,
    otherAgentId: other.id,
    taskId: task.id,
    runId: run.id,
    credential: credential ?? '',
    openTaskId: open.id,
    waitingTaskId: waiting.id,
    commentId: comment.id,
    deliverableId: deliverable.id,
    reviewedTaskId: reviewed.id,
  }
}
