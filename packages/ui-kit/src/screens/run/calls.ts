import type { LogChunk } from '@engine/core/contract'

/** A tool that the agent used, as its log tells of it. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly endsMs: number
  readonly durationMs: number
  readonly isFailed: boolean
}

/** What a run paid for: told when it was over. */
interface ModelCall {
  readonly id: string
  readonly name: string
  readonly endsMs: number
}

export interface Bar {
  readonly id: string
  readonly kind: 'model' | 'tool'
  readonly name: string
  /** Of the line from the run's begin to its end, 0 to 100. */
  readonly left: number
  readonly width: number
  readonly durationMs: number
  readonly isFailed: boolean
}

/** Longer than any that Engine writes of a tool. What an agent writes for one may have megabytes, in which the pattern would look for minutes. */
const longestLine = 5_000

const toolLine = /^(\S{1,200})(?: [[{"\d-].*)? → (done|failed)(?: \((\d+) ms\))?(?: [[{"\d-].*)?$/

/** The tools in a log, by the line that is written for each; for those who watch, and nothing is decided by it. Pure. */
export function toolCalls(chunks: readonly Pick<LogChunk, 'sequence' | 'stream' | 'text' | 'at'>[]): ToolCall[] {
  return chunks.flatMap(({ sequence, stream, text, at }) =>
    stream !== 'system'
      ? []
      : text.split('\n').flatMap((line, index) => {
          const [, name, result, ms] = (line.length <= longestLine && toolLine.exec(line)) || []
          if (name === undefined) return []
          return [{ id: `${sequence} ${index}`, name, endsMs: Date.parse(at), durationMs: Number(ms ?? 0), isFailed: result === 'failed' }]
        }),
  )
}

interface Given {
  readonly fromMs: number
  readonly toMs: number
  readonly tools: readonly ToolCall[]
  readonly models: readonly ModelCall[]
}

/**
 * What a run did, one after the other. Of a call of a model only the end is known: it is drawn from the end of what came before it,
 * so it is never longer than that. Pure.
 */
export function waterfall({ fromMs, toMs, tools, models }: Given): Bar[] {
  const length = Math.max(1, toMs - fromMs)
  const place = (ms: number) => Math.min(100, Math.max(0, ((ms - fromMs) / length) * 100))
  const ended = [
    ...tools.map((tool) => ({ ...tool, kind: 'tool' as const })),
    ...models.map((model) => ({ ...model, kind: 'model' as const, durationMs: null, isFailed: false })),
  ].toSorted((one, other) => one.endsMs - other.endsMs)
  let before = fromMs
  return ended.map(({ id, kind, name, endsMs, durationMs, isFailed }) => {
    const beginsMs = Math.max(fromMs, durationMs === null ? before : endsMs - durationMs)
    before = Math.max(before, endsMs)
    const left = place(beginsMs)
    return { id, kind, name, left, width: Math.max(0, place(endsMs) - left), durationMs: Math.max(0, endsMs - beginsMs), isFailed }
  })
}
