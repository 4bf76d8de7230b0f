// Clients of one process that compete for a few tasks and record what they are told; started by the loop `histories`.
import { createEngine, type Api, type CallOptions, type Engine } from '@engine/core'
import { createHistory, createRandom, scriptedAdapter, type History, type Random } from '@engine/testing'

import type { Play, Played, PlayersPlan } from '../support/history-plan.ts'
import { wait } from '../support/company.ts'
import { storageAt } from '../support/place.ts'
import { onMessage, planOf, tell } from '../support/program.ts'

const plan = planOf<PlayersPlan>()
const engine = await createEngine({ storage: storageAt(plan.place), adapters: [scriptedAdapter()], settings: { leaseMs: plan.leaseMs } })
tell({ kind: 'ready' })

onMessage<Play>((told) => {
  void play(told).then((jsonl) => tell({ kind: 'played', jsonl } satisfies Played))
})

async function play(told: Play): Promise<string> {
  const history = createHistory()
  await Promise.all(told.clients.map((name, index) => playClient(told, { history, name, random: createRandom(told.seed + index) })))
  return history.toJsonl()
}

interface Client {
  readonly history: History
  readonly name: string
  readonly random: Random
  /** The runs that it got, the lost ones included: it does not know better. */
  readonly runs: Run[]
}

interface Run {
  readonly taskId: string
  readonly runId: string
  readonly api: Api
  /** Whether a sweep found it ended; another one would be told the same and has done nothing. */
  isSwept: boolean
}

async function playClient(told: Play, given: Omit<Client, 'runs'>): Promise<void> {
  const client: Client = { ...given, runs: [] }
  const moves = told.isNarrow ? narrowMoves : allMoves
  for (let count = 0; count < told.operations; count += 1) {
    await client.random.pick(moves)(client, told)
    if (client.random.int(8) === 0) await wait(client.random.int(plan.leaseMs))
  }
}

type Move = (client: Client, told: Play) => Promise<unknown>

/** Records a call by its own name; refusals and failures are part of the history. */
async function call<Answer>(
  client: Client,
  made: { operation: string; input: object; runId?: string },
  make: (options: CallOptions) => Promise<Answer>,
): Promise<Answer | null> {
  return client.history.record({ process: client.name, ...made }, make).catch(() => null)
}

const checkout: Move = async (client, { tasks, agents }) => {
  const taskId = client.random.pick(tasks)
  // Mostly the agent whose task it is, so that the others of it compete.
  const agentId = client.random.int(5) === 0 ? client.random.pick(agents) : (agents[tasks.indexOf(taskId) % agents.length] ?? '')
  const input = { taskId, agentId }
  const key = client.random.int(3) === 0 ? { idempotencyKey: `${client.name} ${client.random.next()}` } : {}
  const held = await call(client, { operation: 'tasks.checkout', input }, (options) => engine.tasks.checkout(input, { ...options, ...key }))
  if (held?.credential) client.runs.push({ taskId, runId: held.run.id, api: await apiOf(engine, held.credential), isSwept: false })
}

async function apiOf(of: Engine, credential: string): Promise<Api> {
  const actor = await of.authenticate(credential)
  if (!actor) throw new Error('the credential of a checkout is unknown')
  return of.as(actor)
}

/** Something that a run does: mostly the newest one, sometimes one that may long be lost. */
function ofRun(operation: string, act: (run: Run) => { input: object; make: (options: CallOptions) => Promise<unknown> }): Move {
  return async (client) => {
    const run = client.random.int(4) === 0 ? client.runs[client.random.int(client.runs.length)] : client.runs.at(-1)
    if (!run) return
    const { input, make } = act(run)
    await call(client, { operation, input, runId: run.runId }, make)
  }
}

const heartbeat = ofRun('runs.heartbeat', ({ api, runId }) => ({
  input: { runId },
  make: (options) => api.runs.heartbeat({ runId }, options),
}))
const complete = ofRun('tasks.complete', ({ api, taskId }) => ({
  input: { taskId },
  make: (options) => api.tasks.complete({ taskId }, options),
}))
const release = ofRun('tasks.release', ({ api, taskId }) => ({
  input: { taskId },
  make: (options) => api.tasks.release({ taskId }, options),
}))
const progress = ofRun('tasks.progress', ({ api, taskId }) => {
  const input = { taskId, percent: 50 }
  return { input, make: (options) => api.tasks.progress(input, options) }
})
const comment = ofRun('comments.create', ({ api, taskId }) => {
  const input = { taskId, body: 'on my way' }
  return { input, make: (options) => api.comments.create(input, options) }
})
const block = ofRun('tasks.block', ({ api, taskId }) => {
  const input = { taskId, reason: 'stuck' }
  return { input, make: (options) => api.tasks.block(input, options) }
})

/** The run waits, and the same run is checked out again when somebody has answered. */
const ask = ofRun('interactions.ask', ({ api, taskId }) => {
  const input = { taskId, ask: { kind: 'confirmation' as const, prompt: 'Go on?' }, waits: true }
  return { input, make: (options) => api.interactions.ask(input, options) }
})

/** Answers whatever is asked; of several who do so at once, one is heard. */
const answer: Move = async (client, { companyId }) => {
  const { items } = await engine.interactions.list({ companyId, status: 'pending', limit: 1 })
  const [asked] = items
  if (!asked) return
  const input = { interactionId: asked.id }
  const verb = client.random.pick(['accept', 'reject', 'cancel'] as const)
  await call<unknown>(client, { operation: `interactions.${verb}`, input }, (options) => engine.interactions[verb](input, options))
}

/** Takes back whatever ran out: waits for it first, or comes too early and does nothing. */
const sweep: Move = async (client) => {
  const run = client.runs.at(-1)
  if (!run || run.isSwept) return
  if (client.random.int(2) === 0) await wait(plan.leaseMs + 2)
  const input = { runId: run.runId }
  const answer = await call(client, { operation: 'runs.sweep', input }, (options) => engine.runs.sweep(input, options))
  // The same run stands here twice when it went on with an answer.
  if (answer !== null && answer.status !== 'running') for (const each of client.runs) if (each.runId === run.runId) each.isSwept = true
}

const releaseAsPerson: Move = async (client, { tasks }) => {
  const input = { taskId: client.random.pick(tasks) }
  await call(client, { operation: 'tasks.release', input }, (options) => engine.tasks.release(input, options))
}

const assign: Move = async (client, { tasks, agents }) => {
  const input = { taskId: client.random.pick(tasks), agentId: client.random.pick([null, ...agents]) }
  await call(client, { operation: 'tasks.assign', input }, (options) => engine.tasks.assign(input, options))
}

const reopen: Move = async (client, { tasks }) => {
  const input = { taskId: client.random.pick(tasks), status: 'todo' as const }
  await call(client, { operation: 'tasks.update', input }, (options) => engine.tasks.update(input, options))
}

const cancel: Move = async (client, { tasks }) => {
  if (client.random.int(6) > 0) return
  const input = { taskId: client.random.pick(tasks) }
  await call(client, { operation: 'tasks.cancel', input }, (options) => engine.tasks.cancel(input, options))
}

const rarely =
  (move: Move): Move =>
  async (client, told) =>
    client.random.int(4) === 0 ? move(client, told) : undefined

const narrowMoves: readonly Move[] = [
  checkout,
  checkout,
  checkout,
  heartbeat,
  heartbeat,
  release,
  releaseAsPerson,
  sweep,
  ask,
  answer,
  rarely(complete),
]
const allMoves: readonly Move[] = [...narrowMoves, progress, comment, rarely(block), assign, reopen, rarely(cancel)]
