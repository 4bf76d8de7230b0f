import type { Actor, AnyEvent, Engine } from '@engine/core'

interface Listener {
  readonly engine: Engine
  readonly input: Readonly<Record<string, unknown>>
  readonly identify: () => Promise<Actor>
}

interface Opening {
  readonly after: number | 'latest'
  readonly signal: AbortSignal
  /** Called once it is known after which position it begins. */
  readonly onListening: (after: number) => void
}

/** A list that is also a stream, for callers who accept one. */
export interface Streamed {
  /** What its frames are, for the document. */
  readonly frames: string
  /** Whether it can begin with what is still to come. */
  readonly knowsLatest: boolean
  /** Rejects for those who may not listen; asked again while nothing comes. */
  mayListen(listener: Listener): Promise<unknown>
  /** What to send, one write each. What is not for a position, such as the end, has no `id`. */
  open(listener: Listener, given: Opening): AsyncIterable<string>
}

/** By the operation whose rules say who may listen. */
export const streamed: Readonly<Record<string, Streamed>> = {
  'events.list': {
    frames: '`id` is the seq, `event` the type, `data` the event as JSON.',
    knowsLatest: true,
    mayListen: ({ engine, input, identify }) => ask(engine, 'events.list', { input: { companyId: idIn(input, 'companyId') }, identify }),
    async *open({ engine, input, identify }, { after, onListening, signal }) {
      const events = engine.stream({ companyId: idIn(input, 'companyId'), actor: identify, after, onListening, signal })
      for await (const batch of events) yield* writesOf(batch.map(eventFrame))
    },
  },
  'runs.log': {
    frames: '`id` is the sequence, `event` is `log`, `data` the chunk as JSON; then `event: end` when the run is over.',
    knowsLatest: false,
    mayListen: ({ engine, input, identify }) => ask(engine, 'runs.log', { input: { runId: idIn(input, 'runId') }, identify }),
    async *open({ engine, input, identify }, { after: wish, onListening, signal }) {
      const after = wish === 'latest' ? 0 : wish
      onListening(after)
      const options = { runId: idIn(input, 'runId'), actor: identify, after, signal }
      for await (const chunks of engine.followLog(options))
        yield* writesOf(chunks.map((chunk) => frame({ id: chunk.sequence, event: 'log', data: chunk })))
      if (!signal.aborted) yield frame({ event: 'end', data: {} })
    },
  },
}

async function ask(engine: Engine, operation: string, given: { input: object; identify: () => Promise<Actor> }): Promise<unknown> {
  return engine.execute(operation, { input: { ...given.input, limit: 1 }, actor: await given.identify() })
}

/** What is no text is no id either, and not found. */
function idIn(input: Readonly<Record<string, unknown>>, name: string): string {
  const id = input[name]
  return typeof id === 'string' ? id : ''
}

/** What is held at once for a client that does not read on (PROMISES S14), characters. */
const largestWrite = 1024 * 1024

/** One write for everything that is there, as far as it is not too large: far cheaper than one a frame. */
function* writesOf(frames: readonly string[]): Generator<string> {
  let write = ''
  for (const next of frames) {
    if (write !== '' && write.length + next.length > largestWrite) {
      yield write
      write = ''
    }
    write += next
  }
  if (write !== '') yield write
}

function eventFrame(event: AnyEvent): string {
  return frame({ id: event.seq, event: event.type, data: event })
}

export function frame({ id, event, data }: { id?: number; event: string; data: unknown }): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
