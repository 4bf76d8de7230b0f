import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import { EngineError } from '@engine/core/plugin'

const calledSchema = z.object({
  /** Unique across all histories, so that those of several processes can be put together. */
  id: z.string(),
  /** Who called: a client, a worker, an operating system process. */
  process: z.string(),
  /** The operation's full name, for example `tasks.checkout`. */
  operation: z.string(),
  input: z.unknown().optional(),
  /** What stands in the events of this call; null when that is not known to the caller. */
  requestId: z.string().nullable(),
  /** The run that called by its credential; null for everybody else. */
  runId: z.string().nullable(),
  /** Milliseconds since the epoch, by the monotonic clock; comparable between the processes of one machine. */
  calledAt: z.number(),
})

const outcomeSchema = z.discriminatedUnion('status', [
  /** The caller has its answer: what it says has happened. */
  z.object({ status: z.literal('acked'), returnedAt: z.number(), answer: z.unknown().optional() }),
  /** The caller was told that nothing has happened. */
  z.object({ status: z.literal('refused'), returnedAt: z.number(), code: z.string(), details: z.unknown().optional() }),
  /** It may have happened, may happen yet, or not at all; `returnedAt` is null when the call never came back. */
  z.object({ status: z.literal('unknown'), returnedAt: z.number().nullable(), code: z.string().nullable() }),
])

const recordedCallSchema = calledSchema.extend({ outcome: outcomeSchema })

/** One call as its caller saw it. */
export type RecordedCall = z.output<typeof recordedCallSchema>
export type CallOutcome = z.output<typeof outcomeSchema>

const lineSchema = z.discriminatedUnion('event', [
  calledSchema.extend({ event: z.literal('called') }),
  z.object({ event: z.literal('returned'), id: z.string(), outcome: outcomeSchema }),
])
type Line = z.output<typeof lineSchema>

export interface CallToRecord {
  readonly process: string
  readonly operation: string
  readonly input: unknown
  /** A new one when left out. All attempts of one keyed request share one; null when the server makes it up. */
  readonly requestId?: string | null
  readonly runId?: string | null
}

/** What concurrent callers did and saw. */
export interface History {
  /** In the order of the calls; a call under way has an unknown outcome. */
  readonly calls: readonly RecordedCall[]
  /**
   * Makes a call and notes both ends of it; its answer or its error is passed on.
   * @param make gets what is to go with the call: `(options) => engine.tasks.checkout(input, options)`
   */
  record<Answer>(call: CallToRecord, make: (options: { readonly requestId?: string }) => Promise<Answer>): Promise<Answer>
  /** Two lines a call, one from when it was made and one from when it returned; `parseHistory` reads them. */
  toJsonl(): string
}

export interface HistoryOptions {
  /** Gets each line, without its end, as it is written. A process that may be killed appends it to a file at once. */
  readonly onLine?: (line: string) => void
  /** Whether an error says that nothing has happened. Left out: an EngineError that is neither `internal` nor `unavailable`. */
  readonly isRefusal?: (error: unknown) => boolean
  /** Milliseconds; a clock that never goes back and that all recorders of one history share. */
  readonly now?: () => number
}

/** The clock of the machine, which all of its processes share; where each of them began is known only to some milliseconds. */
const machineMs = () => Number(process.hrtime.bigint()) / 1e6

export function createHistory(options: HistoryOptions = {}): History {
  const calls = new Map<string, RecordedCall>()
  const lines: string[] = []
  const now = rising(options.now ?? machineMs)
  const isRefusal = options.isRefusal ?? isRefusedByEngine

  function note(line: Line): void {
    const text = JSON.stringify(line)
    lines.push(text)
    apply(calls, line)
    options.onLine?.(text)
  }

  return {
    get calls() {
      return [...calls.values()]
    },
    async record(call, make) {
      const id = randomUUID()
      const { process, operation, input, requestId = randomUUID(), runId = null } = call
      const settle = (outcome: CallOutcome) => note({ event: 'returned', id, outcome })
      note({ event: 'called', id, process, operation, input, requestId, runId, calledAt: now() })
      try {
        const answer = await make(requestId === null ? {} : { requestId })
        settle({ status: 'acked', returnedAt: now(), answer })
        return answer
      } catch (error) {
        const { code, ...more } = codeOf(error)
        const returnedAt = now()
        if (isRefusal(error)) settle({ status: 'refused', returnedAt, code: code ?? 'unnamed', ...more })
        else settle({ status: 'unknown', returnedAt, code })
        throw error
      }
    },
    toJsonl: () => lines.map((line) => `${line}\n`).join(''),
  }
}

/**
 * Puts together what one or more recorders wrote, each given as one text, in the order of the calls. A last line that was
 * cut short by the end of its process counts as not written. @throws when another line is no line of a history, naming it
 */
export function parseHistory(...recorders: readonly string[]): RecordedCall[] {
  const calls = new Map<string, RecordedCall>()
  for (const jsonl of recorders) {
    const complete = jsonl.slice(0, jsonl.lastIndexOf('\n') + 1)
    for (const [index, text] of complete.split('\n').entries()) {
      if (text !== '') apply(calls, parseLine(text, index + 1))
    }
  }
  return [...calls.values()].sort((left, right) => left.calledAt - right.calledAt)
}

function parseLine(text: string, number: number): Line {
  try {
    return lineSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`line ${number} is no line of a history: ${text.slice(0, 100)}`, { cause: error })
  }
}

function apply(calls: Map<string, RecordedCall>, line: Line): void {
  if (line.event === 'called') {
    const { event: _event, ...called } = line
    calls.set(line.id, { ...called, outcome: { status: 'unknown', returnedAt: null, code: null } })
    return
  }
  const call = calls.get(line.id)
  if (!call) throw new Error(`a call returned that was never made: ${line.id}`)
  calls.set(line.id, { ...call, outcome: line.outcome })
}

/** So that what one process does one after the other never looks simultaneous. */
function rising(now: () => number): () => number {
  const stepMs = 0.001
  let last = -Infinity
  return () => {
    last = Math.max(now(), last + stepMs)
    return last
  }
}

/** `unavailable` says that nothing was changed, which the sender of a commit that got no answer can not know. */
function isRefusedByEngine(error: unknown): boolean {
  return EngineError.isInstance(error) && error.kind !== 'internal' && error.kind !== 'unavailable'
}

function codeOf(error: unknown): { code: string | null; details?: unknown } {
  if (typeof error !== 'object' || error === null) return { code: null }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  return { code, ...('details' in error && { details: error.details }) }
}
