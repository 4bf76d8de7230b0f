import type { StreamOptions } from './api.ts'
import { chunksOf } from './chunks.ts'
import { EngineError, toError } from './errors.ts'
import { readFrames, type Frame } from './frames.ts'
import { sleep, waitMs } from './retry.ts'
import { request, type Sender } from './send.ts'

/** The server says something every 15 seconds; after this it is taken for gone. */
const quietMs = 45_000
/** How often in a row it may be asked in vain: with the waits between, about a minute and a half. */
const mostFailures = 30

interface Source {
  readonly path: string
  /** The position after which it begins. */
  readonly after: number | 'latest'
  readonly signal: AbortSignal | undefined
  readonly onState?: StreamOptions['onState'] | undefined
}

/** What the frames of a stream hold, each once, however often it is cut off; until `end`, or the signal. */
export async function* follow(sender: Sender, { path, after, signal, onState }: Source): AsyncGenerator<string> {
  let position = String(after)
  // In a row: how often nobody was there, and how often nothing was said.
  let [failures, cuts] = [0, 0]
  while (!signal?.aborted) {
    let cause: unknown
    try {
      for await (const frame of listen(sender, { path, position, signal, onState })) {
        failures = 0
        if (frame.data !== null) cuts = 0
        if (frame.id !== null) position = frame.id
        if (frame.event === 'end') return
        // What has no position is said about the stream itself, such as that it ends here and goes on elsewhere.
        if (frame.id !== null && frame.data !== null) yield frame.data
      }
    } catch (error) {
      cause = error
    }
    if (signal?.aborted) return
    if (EngineError.isInstance(cause) && cause.kind !== 'unavailable' && cause.kind !== 'limited') throw cause
    failures += 1
    cuts += 1
    if (failures >= mostFailures) throw gone(sender, cause)
    onState?.('away')
    const wait = waitMs({ ...sender.retry, tries: Infinity }, { attempt: cuts, retryAfterMs: null, random: Math.random() })
    await sleep(wait ?? 0, signal).catch(() => undefined)
  }
}

interface Listening extends Omit<Source, 'after'> {
  readonly position: string
}

async function* listen(sender: Sender, given: Listening): AsyncGenerator<Frame> {
  const quiet = new AbortController()
  const signal = given.signal ? AbortSignal.any([given.signal, quiet.signal]) : quiet.signal
  const alarm = () => setTimeout(() => quiet.abort(new Error(`nothing came for ${quietMs} ms`)), quietMs)
  let timer = alarm()
  async function* heard(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      clearTimeout(timer)
      yield chunk
      timer = alarm()
    }
  }
  try {
    const headers = { accept: 'text/event-stream', 'last-event-id': given.position }
    const response = await request(sender, { method: 'GET', path: given.path, headers, body: null }, signal)
    if (!response.ok) throw await toError(response, signal)
    // Who begins with what is to come is there once it is known where that is: from then on it is not lost by a cut.
    let isOpen = given.position !== 'latest'
    if (isOpen) given.onState?.('open')
    if (!response.body) return
    for await (const frame of readFrames(heard(chunksOf(response.body, signal)))) {
      yield frame
      if (isOpen || frame.id === null) continue
      isOpen = true
      given.onState?.('open')
    }
  } finally {
    clearTimeout(timer)
    // Who stops listening leaves no connection behind.
    quiet.abort()
  }
}

function gone(sender: Sender, cause: unknown): EngineError {
  const message = `${sender.url} can not be listened to: it was asked ${mostFailures} times in a row. Begin again after the last that you got.`
  return new EngineError(message, { code: 'unavailable', kind: 'unavailable', cause })
}
