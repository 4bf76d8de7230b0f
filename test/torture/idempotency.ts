// P15: a call with an idempotency key has one effect and one answer, however often and at how many times at once it is made.
import { randomUUID } from 'node:crypto'

import type { Engine } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { createFaultProxy, type FaultProxy } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import { slowClock, type Call, type Preparation } from './support/commands/call.ts'
import { readLog } from './support/company.ts'
import { answeredOnce, commandNames, prepareCall } from './support/every-command.ts'
import { brokenInvariants } from './support/invariants.ts'
import { differences, dumpAt, leavePlace, newPlace, type Place } from './support/place.ts'
import { openWholeEngine } from './support/whole-engine.ts'

interface Theatre extends Preparation {
  readonly place: Place
  readonly operations: readonly string[]
  /** A way to the database whose answers can be lost; SQLite has none. */
  readonly lossy: { readonly proxy: FaultProxy; readonly engine: Engine } | null
}

/** After so many rounds the database is checked as a whole. */
const checkedEvery = 20

export const idempotency = defineLoop({ name: 'idempotency', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  const place = await newPlace(scene)
  const open = (at: Place, leaseMs: number, clock = systemClock) =>
    openWholeEngine(at, { clock, checksOutputs: true, settings: { leaseMs } })
  const engine = await open(place, 60_000)
  const hasty = await open(place, 1, slowClock)
  const lossy = place.storage === 'postgres' ? await openLossy(place.url, (url) => open({ ...place, url }, 60_000)) : null
  const once = new Set(answeredOnce(engine))
  const operations = commandNames(engine).filter((name) => !once.has(name))
  const theatre: Theatre = { place, engine, hasty, lossy, operations }
  return {
    round: (round) => play(theatre, round),
    async end() {
      for (const each of [engine, hasty, lossy?.engine]) await each?.stop()
      await lossy?.proxy.close()
      await leavePlace(place)
    },
  }
}

async function openLossy(url: string, open: (url: string) => Promise<Engine>): Promise<NonNullable<Theatre['lossy']>> {
  const proxy = await createFaultProxy(new URL(url).host)
  return { proxy, engine: await open(proxy.urlFor(url)) }
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { operations } = theatre
  const call = await prepareCall(operations[round.seed % operations.length] ?? '', theatre)
  const isLost = theatre.lossy !== null && round.random.int(3) === 0
  await (isLost ? repeatLost(theatre, round, call) : repeatAtOnce(theatre, round, call))
  round.count('keyed calls')
  round.reached(call.operation)
  if (round.random.int(checkedEvery) === 0) {
    for (const sentence of await brokenInvariants(theatre.place)) round.violation(`After ${call.operation}: ${sentence}`)
  }
}

/** The same call some times at once, and once more afterwards. */
async function repeatAtOnce(theatre: Theatre, round: Round, call: Call): Promise<void> {
  const { engine } = theatre
  const [times, key] = [2 + round.random.int(7), randomUUID()]
  const before = await dumpAt(theatre.place)
  const requestIds = Array.from({ length: times }, (_, index) => `${key} ${index}`)
  const answers = await Promise.allSettled(requestIds.map((requestId) => make(engine, call, { idempotencyKey: key, requestId })))
  round.count('repeats', times - 1)
  const texts = new Set(
    answers.map((answer) => (answer.status === 'fulfilled' ? JSON.stringify(answer.value) : `refused: ${String(answer.reason)}`)),
  )
  const [text = ''] = texts
  if (texts.size > 1 || text.startsWith('refused'))
    round.violation(`${times} calls of ${call.operation} at once were answered with ${[...texts].join(' and ')}`)
  const after = await dumpAt(theatre.place)
  if (differences(before, after).length === 0) round.violation(`${call.operation} had no effect`)
  await checkCauses(theatre, round, { call, key, times })
  await repeatAndCompare(theatre, round, { call, key, text, before: after })
}

/** Of many calls one made the events: all events of the key have one request id. */
async function checkCauses(theatre: Theatre, round: Round, given: { call: Call; key: string; times: number }): Promise<void> {
  const { call, key } = given
  const companies = (await theatre.engine.companies.list({ limit: 100 })).items
  const newest = companies.toSorted((left, right) => (left.createdAt < right.createdAt ? 1 : -1)).slice(0, 3)
  const logs = await Promise.all(newest.map((company) => readLog(theatre.engine, company.id)))
  const causes = new Set(logs.flat().flatMap((event) => (event.requestId?.startsWith(`${key} `) ? [event.requestId] : [])))
  if (causes.size > 1) round.violation(`${causes.size} of ${given.times} calls of ${call.operation} with one key had an effect`)
}

/** The commit happens, its answer is lost: the caller is told so, and its repeat finds what happened. */
async function repeatLost(theatre: Theatre, round: Round, call: Call): Promise<void> {
  const { lossy, engine, place } = theatre
  if (!lossy) return
  const key = randomUUID()
  const before = await dumpAt(place)
  const isBefore = round.random.int(2) === 0
  lossy.proxy.onData(isBefore ? resetAt('toServer', 'commit\0') : resetAt('toClient', 'COMMIT\0'))
  const [answer] = await Promise.allSettled([make(lossy.engine, call, { idempotencyKey: key })])
  lossy.proxy.heal()
  round.count(isBefore ? 'commits lost on their way' : 'answers lost')
  const told = answer.status === 'fulfilled' ? 'success' : codeOf(answer.reason)
  if (told !== 'outcome_unknown') round.violation(`${call.operation} lost its ${isBefore ? 'commit' : 'answer'} and was told ${told}`)
  const changed = differences(before, await dumpAt(place)).length > 0
  if (changed === isBefore)
    round.violation(`${call.operation} lost its ${isBefore ? 'commit and changed rows' : 'answer and changed nothing'}`)
  const text = JSON.stringify(await make(engine, call, { idempotencyKey: key }))
  round.count('repeats')
  await repeatAndCompare(theatre, round, { call, key, text, before: await dumpAt(place) })
}

function resetAt(wanted: 'toServer' | 'toClient', text: string): Parameters<FaultProxy['onData']>[0] {
  return (direction, chunk) => (direction === wanted && chunk.includes(text) ? 'reset' : 'forward')
}

interface Answered {
  readonly call: Call
  readonly key: string
  /** The answer. */
  readonly text: string
  /** Every row after it; nothing has changed since. */
  readonly before: Awaited<ReturnType<typeof dumpAt>>
}

/** One more call with the key: the same bytes, and not a row changes. */
async function repeatAndCompare(theatre: Theatre, round: Round, given: Answered): Promise<void> {
  const { call, key, text, before } = given
  const again = await make(theatre.engine, call, { idempotencyKey: key }).then(
    JSON.stringify,
    (error: unknown) => `refused: ${String(error)}`,
  )
  round.count('repeats')
  if (again !== text) round.violation(`${call.operation} was answered with ${text} and then with ${again}`)
  const changed = differences(before, await dumpAt(theatre.place))
  if (changed.length > 0) round.violation(`A repeat of ${call.operation} changed ${changed.slice(0, 3).join('; ')}`)
}

function make(engine: Engine, call: Call, options: { idempotencyKey: string; requestId?: string }): Promise<unknown> {
  return engine.execute(call.operation, { input: call.input, actor: call.actor, ...options })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
