// What a torture loop is: rounds that are chosen by a seed, counted, and judged by what they find wrong.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createRandom, type Random } from '@engine/testing'

export type StorageName = 'sqlite' | 'postgres'

export type Budget = { readonly count: number } | { readonly minutes: number }

interface LoopOptions {
  readonly storage: StorageName
  /** The first round's; each next round has the next number. */
  readonly seed: number
  readonly budget: Budget
  /** A running Postgres to make databases on; needed for `postgres`. */
  readonly postgresUrl?: string
  /** Where the databases are that others are copied from; the loop's own folder when left out. */
  readonly templateFolder?: string
  /** Rounds that only show that the loop works, for loops whose rounds take long. */
  readonly isBrief?: boolean
  /** Gets the record so far after each round. */
  readonly onRecord?: (record: LoopRecord) => void
}

interface FoundViolation {
  readonly seed: number
  readonly sentence: string
  /** The command that does this round again. */
  readonly replay: string
}

/** What a loop did and found. */
export interface LoopRecord {
  readonly loop: string
  readonly storage: StorageName
  readonly seed: number
  readonly rounds: number
  readonly seconds: number
  /** How often something happened; records of one loop are added up. */
  readonly counts: Readonly<Record<string, number>>
  /** The longest that something took, milliseconds. */
  readonly longestMs: Readonly<Record<string, number>>
  /** How often a process died at each named point, for loops that have some. */
  readonly points: Readonly<Record<string, number>>
  /** Which variant ran, where a machine decides that. */
  readonly facts: Readonly<Record<string, string>>
  readonly violations: readonly FoundViolation[]
}

/** What a round is given, and where it says what it did. */
export interface Round {
  readonly seed: number
  readonly random: Random
  count(what: string, times?: number): void
  took(what: string, ms: number): void
  reached(point: string): void
  fact(name: string, value: string): void
  /** Something that may never happen. The round may go on. */
  violation(sentence: string): void
}

export interface Scene {
  readonly storage: StorageName
  readonly postgresUrl: string
  /** Gone when the loop is over. */
  readonly folder: string
  /** Where the databases are that others are copied from. */
  readonly templateFolder: string
  readonly isBrief?: boolean
}

/** A loop's long-lived parts: processes and databases that its rounds share. */
export interface Stage {
  round(round: Round): Promise<void>
  end(): Promise<void>
}

export interface LoopDefinition {
  readonly name: string
  readonly storages: readonly StorageName[]
  /** How many rounds are under way at once, each on a stage of its own. */
  readonly lanes?: number
  begin(scene: Scene): Promise<Stage>
}

export interface Loop {
  readonly name: string
  readonly storages: readonly StorageName[]
  run(options: LoopOptions): Promise<LoopRecord>
}

/** After so many violations a loop has said enough. */
const mostViolations = 10
/** Some sentences quote what they are about. */
const longestSentence = 3_000
/** A round that takes longer never ends. Milliseconds. */
const roundPatienceMs = 600_000

export function defineLoop(definition: LoopDefinition): Loop {
  return { name: definition.name, storages: definition.storages, run: (options) => runLoop(definition, options) }
}

interface Course {
  readonly definition: LoopDefinition
  readonly options: LoopOptions
  readonly record: Mutable
  readonly startedAt: number
  begun: number
  isOver: boolean
}

type Mutable = {
  -readonly [Key in keyof LoopRecord]: LoopRecord[Key] extends readonly FoundViolation[]
    ? FoundViolation[]
    : LoopRecord[Key] extends Readonly<Record<string, infer Value>>
      ? Record<string, Value>
      : LoopRecord[Key]
}

async function runLoop(definition: LoopDefinition, options: LoopOptions): Promise<LoopRecord> {
  const { storage, seed, postgresUrl = '' } = options
  if (storage === 'postgres' && postgresUrl === '') throw new Error(`${definition.name} on postgres needs the URL of a server`)
  const record: Mutable = {
    loop: definition.name,
    storage,
    seed,
    rounds: 0,
    seconds: 0,
    counts: {},
    longestMs: {},
    points: {},
    facts: {},
    violations: [],
  }
  const course: Course = { definition, options, record, startedAt: performance.now(), begun: 0, isOver: false }
  const folder = mkdtempSync(join(tmpdir(), 'engine-torture-'))
  try {
    const { templateFolder = folder, isBrief = false } = options
    const lanes = Array.from({ length: definition.lanes ?? 1 }, () =>
      runLane(course, { storage, postgresUrl, folder, templateFolder, isBrief }),
    )
    await Promise.all(lanes)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return record
}

async function runLane(course: Course, scene: Scene): Promise<void> {
  const { definition, record, options } = course
  const stage = await definition.begin(scene)
  try {
    for (let index = nextRound(course); index !== null; index = nextRound(course)) {
      const seed = (options.seed + index) >>> 0
      await runRound(course, stage, seed)
      record.rounds += 1
      record.seconds = (performance.now() - course.startedAt) / 1_000
      options.onRecord?.(record)
    }
  } finally {
    await stage.end()
  }
}

/** Null when the budget is used up. */
function nextRound(course: Course): number | null {
  const { budget } = course.options
  const isSpent = 'count' in budget ? course.begun >= budget.count : performance.now() - course.startedAt > budget.minutes * 60_000
  if (isSpent || course.isOver || course.record.violations.length >= mostViolations) return null
  course.begun += 1
  return course.begun - 1
}

async function runRound(course: Course, stage: Stage, seed: number): Promise<void> {
  const { record } = course
  const round: Round = {
    seed,
    random: createRandom(seed),
    count: (what, times = 1) => void (record.counts[what] = (record.counts[what] ?? 0) + times),
    took: (what, ms) => void (record.longestMs[what] = Math.max(record.longestMs[what] ?? 0, Math.round(ms))),
    reached: (point) => void (record.points[point] = (record.points[point] ?? 0) + 1),
    fact: (name, value) => void (record.facts[name] = value),
    violation: (sentence) => record.violations.push({ seed, sentence: sentence.slice(0, longestSentence), replay: replayOf(course, seed) }),
  }
  let patience: NodeJS.Timeout | undefined
  const impatience = new Promise<never>((_, reject) => {
    patience = setTimeout(() => {
      // What hangs may hold what the next round needs.
      course.isOver = true
      reject(new Error(`the round did not end within ${roundPatienceMs} ms`))
    }, roundPatienceMs)
  })
  try {
    await Promise.race([stage.round(round), impatience])
  } catch (error) {
    round.violation(`The round broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  } finally {
    clearTimeout(patience)
  }
}

function replayOf({ definition, options }: Course, seed: number): string {
  return `pnpm torture --only ${definition.name} --storage ${options.storage} --seed ${seed} --count 1`
}
