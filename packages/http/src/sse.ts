import { EngineError, type Actor, type AnyEvent, type Engine, type Logger } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest, WireResponse } from './wire.ts'

const heartbeatMs = 15_000

/** The list that is also a stream, for callers who accept one. */
export const streamedOperation = 'events.list'

interface StreamContext {
  readonly engine: Engine
  readonly logger?: Logger
  readonly stopping?: AbortSignal
}

/**
 * A company's events as server-sent events. `id` is the event's seq; a client that comes back with `Last-Event-ID` gets
 * everything after it. A comment every 15 seconds keeps proxies from closing a quiet stream.
 */
export async function eventStream(
  context: StreamContext,
  given: { identify: () => Promise<Actor>; input: Readonly<Record<string, unknown>>; request: WireRequest },
): Promise<WireResponse> {
  const { identify, input, request } = given
  const companyId = typeof input['companyId'] === 'string' ? input['companyId'] : ''
  const after = readPosition(request.header('last-event-id') ?? input['after'])
  const signal = AbortSignal.any(context.stopping ? [request.signal, context.stopping] : [request.signal])
  // The rules of the list decide who may listen; refused here, it is a plain answer instead of a broken stream.
  const mayListen = async () => context.engine.execute(streamedOperation, { input: { companyId, limit: 1 }, actor: await identify() })
  await mayListen()
  const batches = context.engine.stream({ companyId, actor: identify, after, signal })[Symbol.asyncIterator]()
  // Asked for now and not when the answer is read, so that `latest` means the moment of the request.
  const first = batches.next()
  first.catch(() => undefined)
  // Also frees a stream that nobody reads to its end.
  signal.addEventListener('abort', () => void batches.return?.(undefined), { once: true })
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  return { status: 200, headers, body: frames(context, { batches, first, signal, mayListen }) }
}

function readPosition(value: unknown): number | 'latest' {
  if (value === undefined || value === null) return 0
  if (value === 'latest') return value
  const position = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isSafeInteger(position)) return position
  throw new EngineError(httpErrors.invalid_input, 'Last-Event-ID (or after) must be the seq of an event, or latest.')
}

interface Source {
  readonly batches: AsyncIterator<AnyEvent[]>
  readonly first: Promise<IteratorResult<AnyEvent[]>>
  readonly signal: AbortSignal
  /** Rejects when the listener may listen no longer. */
  readonly mayListen: () => Promise<unknown>
}

async function* frames(context: StreamContext, { batches, first, signal, mayListen }: Source): AsyncGenerator<string> {
  let next: Promise<IteratorResult<AnyEvent[]>> | undefined = first
  try {
    yield 'retry: 2000\n\n'
    while (!signal.aborted) {
      next ??= batches.next()
      const result = await nextOrQuiet(next, signal)
      if (result === 'quiet') {
        if (signal.aborted) continue
        await mayListen()
        yield ': still here\n\n'
        continue
      }
      next = undefined
      if (result.done) break
      // One write for everything that is there: far cheaper than one a frame.
      yield result.value.map(frame).join('')
    }
    if (context.stopping?.aborted) yield 'event: shutdown\ndata: {}\n\n'
  } catch (error) {
    // The answer has begun, so nothing can be said any more; its end makes the client come back with its last id.
    if (isRefusal(error)) return
    context.logger?.error('an event stream failed', { error: String(error) })
  } finally {
    await batches.return?.(undefined)
  }
}

/** A key was revoked, a role taken away: the client hears why when it comes back. */
function isRefusal(error: unknown): boolean {
  return EngineError.isInstance(error) && ['unauthenticated', 'denied', 'missing'].includes(error.kind)
}

function frame(event: AnyEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** The next batch; or `quiet` when there is none for a while, or the stream is to end. Leaves no timer and no listener. */
async function nextOrQuiet<Batch>(next: Promise<Batch>, signal: AbortSignal): Promise<Batch | 'quiet'> {
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
