import { EngineError, type Actor, type Engine, type Logger } from '@engine/core'

import { httpErrors } from './errors.ts'
import { frame, streamed, type Streamed } from './streamed.ts'
import type { WireRequest, WireResponse } from './wire.ts'

const heartbeatMs = 15_000
/** How many streams one caller may have open at once (PROMISES S13). */
const mostStreams = 50
const retryAfterMs = 5_000
/** How long a client may leave what it was sent unread before its stream ends, milliseconds. */
const patienceMs = 30_000

interface StreamContext {
  readonly engine: Engine
  readonly logger?: Logger | undefined
  readonly stopping?: AbortSignal | undefined
  readonly streamPatienceMs?: number | undefined
}

interface Wish {
  readonly identify: () => Promise<Actor>
  readonly input: Readonly<Record<string, unknown>>
  readonly request: WireRequest
}

/** The lists of a server that are also streams of server-sent events, and who has how many of them open. */
export interface Streams {
  knows(operation: string): boolean
  /** How many are open. */
  readonly count: number
  /**
   * Begins a stream. `id` is a position; a client that comes back with `Last-Event-ID` gets everything after it. A comment every
   * 15 seconds keeps proxies from closing a quiet one. It is read as fast as its client reads, and holds no more than one write.
   * @throws what the list answers to those who may not listen, and `rate_limited`
   */
  open(operation: string, wish: Wish): Promise<WireResponse>
}

export function createStreams(context: StreamContext): Streams {
  const counts = new Map<string, number>()
  return {
    knows: (operation) => streamed[operation] !== undefined,
    get count() {
      return [...counts.values()].reduce((sum, count) => sum + count, 0)
    },
    async open(operation, wish) {
      const stream = streamed[operation]
      if (!stream) throw new Error(`${operation} is no stream`)
      const after = readPosition(wish.request.header('last-event-id') ?? wish.input['after'], stream)
      const listener = { ...wish, engine: context.engine }
      // The rules of the list decide who may listen; refused here, it is a plain answer instead of a broken stream.
      await stream.mayListen(listener)
      const release = take(counts, await wish.identify())
      const signal = AbortSignal.any(context.stopping ? [wish.request.signal(), context.stopping] : [wish.request.signal()])
      const listening = Promise.withResolvers<number>()
      const parts = stream.open(listener, { after, signal, onListening: listening.resolve })[Symbol.asyncIterator]()
      const first = parts.next()
      const failed = first.then(
        () => undefined,
        () => undefined,
      )
      // Also frees a stream that nobody reads to its end.
      const free = () => {
        release()
        void parts.return?.(undefined)
      }
      signal.addEventListener('abort', free, { once: true })
      if (signal.aborted) free()
      // Whoever has the answer hears of all that happens from then on, and comes back to it also before the first frame.
      const position = await Promise.race([listening.promise, failed])
      const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
      const body = frames(context, { parts, first, position, signal, release, mayListen: () => stream.mayListen(listener) })
      // It comes back with its last id and misses nothing: what it did not read was not kept here for it.
      const farewell = () => frame({ event: 'resync', data: { reason: 'You did not read on; come back with your last id.' } })
      return { status: 200, headers, body, patience: { ms: context.streamPatienceMs ?? patienceMs, farewell } }
    },
  }
}

/** @returns what gives the place back, once. @throws `rate_limited` */
function take(counts: Map<string, number>, actor: Actor): () => void {
  const who = `${actor.kind}:${'id' in actor ? actor.id : ''}`
  const count = counts.get(who) ?? 0
  if (count >= mostStreams)
    throw new EngineError(httpErrors.rate_limited, `You have ${mostStreams} streams open, and more are not served. Close one of them.`, {
      details: { most: mostStreams, retryAfterMs },
    })
  counts.set(who, count + 1)
  let isTaken = true
  return () => {
    if (!isTaken) return
    isTaken = false
    const left = (counts.get(who) ?? 1) - 1
    if (left === 0) counts.delete(who)
    else counts.set(who, left)
  }
}

function readPosition(value: unknown, { knowsLatest }: Streamed): number | 'latest' {
  if (value === undefined || value === null) return 0
  if (value === 'latest' && knowsLatest) return value
  const position = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isSafeInteger(position)) return position
  const latest = knowsLatest ? ', or latest' : ''
  throw new EngineError(httpErrors.invalid_input, `Last-Event-ID (or after) must be the id of a frame${latest}.`)
}

interface Source {
  readonly parts: AsyncIterator<string>
  readonly first: Promise<IteratorResult<string>>
  /** After which it begins; undefined for a stream that failed before it knew. */
  readonly position: number | undefined
  readonly signal: AbortSignal
  readonly release: () => void
  /** Rejects when the listener may listen no longer. */
  readonly mayListen: () => Promise<unknown>
}

async function* frames(context: StreamContext, { parts, first, position, signal, release, mayListen }: Source): AsyncGenerator<string> {
  let next: Promise<IteratorResult<string>> | undefined = first
  try {
    // Without data it is no message to a client, and still its last id.
    yield position === undefined ? 'retry: 2000\n\n' : `retry: 2000\nid: ${position}\n\n`
    while (!signal.aborted) {
      next ??= parts.next()
      const result = await nextOrQuiet(next, signal)
      if (result === 'quiet') {
        if (signal.aborted) continue
        await mayListen()
        yield ': still here\n\n'
        continue
      }
      next = undefined
      if (result.done) break
      yield result.value
    }
    if (context.stopping?.aborted) yield frame({ event: 'shutdown', data: {} })
  } catch (error) {
    // The answer has begun, so nothing can be said any more; its end makes the client come back with its last id.
    if (isRefusal(error)) return
    context.logger?.error('a stream failed', { error: String(error) })
  } finally {
    release()
    await parts.return?.(undefined)
  }
}

/** A key was revoked, a role taken away: the client hears why when it comes back. */
function isRefusal(error: unknown): boolean {
  if (!EngineError.isInstance(error)) return false
  return ['unauthenticated', 'denied', 'missing'].includes(error.kind) || error.code === 'lease_lost'
}

/** The next part; or `quiet` when there is none for a while, or the stream is to end. Leaves no timer and no listener. */
async function nextOrQuiet<Part>(next: Promise<Part>, signal: AbortSignal): Promise<Part | 'quiet'> {
  const { promise, resolve } = Promise.withResolvers<'quiet'>()
  const quiet = () => resolve('quiet')
  const timer = setTimeout(quiet, heartbeatMs)
  signal.addEventListener('abort', quiet, { once: true })
  try {
    return await Promise.race([next, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', quiet)
  }
}
