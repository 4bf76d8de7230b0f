import type { LogStream } from '../ports/adapter.ts'
import type { RedactedStream, Redactor } from './redactor.ts'

/** The log of a run in pieces, each stream by itself: what may be the beginning of a secret waits for what follows. */
export interface RedactedLog {
  push(stream: LogStream, text: string): string
  /** What still waits when the run is over. */
  end(): { stream: LogStream; text: string }[]
  /** @returns what forgets everything pushed since now, unless something else was pushed after that */
  mark(): (pushes: number) => void
}

/** What blots out the secrets of one run that this process executes, or gave to a node to execute. */
export interface RunRedaction {
  readonly redactor: Redactor
  /** For the log that the run writes by calls of its own, piece by piece. */
  readonly log: RedactedLog
  /** The node that executes it; left out where this process does. */
  readonly nodeId?: string
}

/** The log of a run that a node executes: what comes in pieces is put together there, before any of it is sent. */
export function createWholeLog(redactor: Redactor): RedactedLog {
  return { push: (_stream, text) => redactor.redact(text), end: () => [], mark: () => () => undefined }
}

export function createRedactedLog(redactor: Redactor): RedactedLog {
  const streams = new Map<LogStream, RedactedStream>()
  let count = 0
  const streamOf = (name: LogStream) => {
    const stream = streams.get(name) ?? redactor.stream()
    streams.set(name, stream)
    return stream
  }
  return {
    push(name, text) {
      count += 1
      return streamOf(name).push(text)
    },
    end: () => [...streams].map(([stream, waiting]) => ({ stream, text: waiting.end() })).filter(({ text }) => text !== ''),
    mark() {
      const before = count
      const marks = (['stdout', 'stderr', 'system'] as const).map((name) => streamOf(name).mark())
      return (pushes) => {
        if (count !== before + pushes) return
        for (const restore of marks) restore()
      }
    },
  }
}
