// Clients that keep calling while something is broken, and that know for each call what they were told.
import { randomUUID } from 'node:crypto'

import { EngineError, type Engine } from '@engine/core'
import { until, witness, type History, type Random } from '@engine/testing'

import type { Round } from '../loop.ts'
import { readLog, wait, type Company } from './company.ts'
import { brokenInvariants } from './invariants.ts'
import { rowsAt, type Place } from './place.ts'

/** What a call without a key was told. */
type Told = 'acked' | 'unavailable' | 'outcome_unknown' | 'refused'

interface Wish {
  readonly title: string
  /** Whether it was made under a key and repeated until it was answered. */
  readonly isKeyed: boolean
  told: Told
}

export interface Load {
  /** When the first call was answered after a moment; null when none was. */
  firstAnswerAfter(moment: number): number | null
  /** Every client ends its call, with an answer. */
  stop(): Promise<void>
  readonly wishes: readonly Wish[]
  /** Errors that are no answer of the engine at all. */
  readonly strange: readonly string[]
}

export interface LoadOptions {
  readonly company: Company
  readonly clients: number
  readonly random: Random
  readonly history: History
  /** Makes each task so much bigger, where space is what runs out. Characters. */
  readonly padding?: number
}

interface Course extends LoadOptions {
  readonly engine: Engine
  readonly wishes: Wish[]
  readonly strange: string[]
  readonly answeredAt: number[]
  isStopping: boolean
}

export function startLoad(engine: Engine, options: LoadOptions): Load {
  const course: Course = { ...options, engine, wishes: [], strange: [], answeredAt: [], isStopping: false }
  const clients = Array.from({ length: options.clients }, (_, index) => keepCalling(course, `client ${index}`))
  return {
    wishes: course.wishes,
    strange: course.strange,
    firstAnswerAfter: (moment) => course.answeredAt.find((at) => at >= moment) ?? null,
    async stop() {
      course.isStopping = true
      await Promise.all(clients)
    },
  }
}

async function keepCalling(course: Course, name: string): Promise<void> {
  while (!course.isStopping) {
    await (course.random.int(2) === 0 ? createWithKey(course, name) : createWithout(course, name))
    await wait(course.random.int(10))
  }
}

function inputOf({ company, random, padding = 0 }: Course, title: string) {
  // Some of them wake an agent, which takes them out of the statement that is for many calls.
  const agentId = company.agents[0]
  const description = 'x'.repeat(padding)
  return {
    companyId: company.companyId,
    title,
    description,
    ...(random.int(3) === 0 && agentId !== undefined && { assigneeAgentId: agentId }),
  }
}

/** Repeats until it knows. */
async function createWithKey(course: Course, name: string): Promise<void> {
  const wish: Wish = { title: randomUUID(), isKeyed: true, told: 'refused' }
  course.wishes.push(wish)
  const [input, requestId] = [inputOf(course, wish.title), randomUUID()]
  for (;;) {
    wish.told = await make(course, { process: name, operation: 'tasks.create', input, requestId }, (options) =>
      course.engine.tasks.create(input, { ...options, idempotencyKey: wish.title }),
    )
    if (wish.told === 'acked' || wish.told === 'refused') return
    await wait(20)
  }
}

/** Is told something once, and leaves it at that. */
async function createWithout(course: Course, name: string): Promise<void> {
  const wish: Wish = { title: randomUUID(), isKeyed: false, told: 'refused' }
  course.wishes.push(wish)
  const input = inputOf(course, wish.title)
  wish.told = await make(course, { process: name, operation: 'tasks.create', input }, (options) =>
    course.engine.tasks.create(input, options),
  )
}

async function make(
  course: Course,
  call: Parameters<History['record']>[0],
  send: (options: { readonly requestId?: string }) => Promise<unknown>,
): Promise<Told> {
  try {
    await course.history.record(call, send)
    course.answeredAt.push(performance.now())
    return 'acked'
  } catch (error) {
    if (EngineError.isInstance(error) && (error.code === 'unavailable' || error.code === 'outcome_unknown')) return error.code
    course.strange.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    return 'refused'
  }
}

/** How long the engine may need to do what was queued, milliseconds. */
const workPatienceMs = 30_000

/** Waits until the engine has done what was queued and taken back what was lost; then holds what was told against what is there. */
export async function judgeAftermath(
  given: { place: Place; engine: Engine; load: Load; history: History; company: Company },
  round: Round,
) {
  const { place, engine, load, history, company } = given
  await finishWork(engine, company.companyId)
  await judgeLoad(place, round, load)
  const log = await readLog(engine, company.companyId)
  for (const { rule, sentence } of witness(log, { history: history.calls })) {
    // The engine's own loops claim what is queued; nobody recorded their calls.
    if (rule !== 'caused') round.violation(`${rule}: ${sentence}`)
  }
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
}

async function finishWork(engine: Engine, companyId: string): Promise<void> {
  const open = async () => {
    const queued = await engine.runs.list({ companyId, status: 'queued', limit: 1 })
    const running = await engine.runs.list({ companyId, status: 'running', limit: 1 })
    return queued.items.length + running.items.length
  }
  await until(open, (count) => count === 0, workPatienceMs)
}

/** What was told against what is there: nothing acked is lost, nothing keyed is doubled, and no refusal was false. */
async function judgeLoad(place: Place, round: Round, { wishes, strange }: Load): Promise<void> {
  const rows = await rowsAt(place, 'select title, count(*) as times from tasks group by title')
  const found = new Map(rows.map((row) => [row['title'], Number(row['times'])]))
  for (const { title, isKeyed, told } of wishes) {
    const times = found.get(title) ?? 0
    round.count(`calls ${isKeyed ? 'with a key' : 'without a key'}`)
    if (!isKeyed || told !== 'acked') round.count(`calls told ${told}`)
    if (told === 'acked' && times === 0) round.violation(`A task was acknowledged (${isKeyed ? 'keyed' : 'not keyed'}) and is not there`)
    if (times > 1) round.violation(`A task (${isKeyed ? 'keyed' : 'not keyed'}) is there ${times} times`)
    if (told === 'unavailable' && times > 0) round.violation('A call was told that nothing was changed, and its task is there')
  }
  for (const message of new Set(strange)) round.violation(`A call ended with what is no answer of the engine: ${message}`)
}
