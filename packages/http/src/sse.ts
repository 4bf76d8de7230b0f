import { EngineError, type Actor, type AnyEvent, type Engine, type JsonObject } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest, WireResponse } from './wire.ts'

const heartbeatMs = 15_000

/**
 * A company's events as server-sent events. `id` is the event's seq; a client that comes back with `Last-Event-ID` gets
 * everything after it. A comment every 15 seconds keeps proxies from closing a quiet stream.
 */
export async function eventStream(
  context: { engine: Engine; stopping?: AbortSignal },
  given: { actor: Actor; input: JsonObject; request: WireRequest },
): Promise<WireResponse> {
  const { actor, input, request } = given
  const companyId = String(input['companyId'])
  const after = readPosition(request.header('last-event-id') ?? input['after'])
  const signals = context.stopping ? [request.signal, context.stopping] : [request.signal]
  const signal = AbortSignal.any(signals)
  // The rules of the list decide who may listen; refused here, it is a plain answer instead of a broken stream.
  await context.engine.execute('events.list', { input: { companyId, limit: 1 }, actor })
  const batches = context.engine.stream({ companyId, actor, after, signal })
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  return { status: 200, headers, body: frames(batches, { signal, ...(context.stopping && { stopping: context.stopping }) }) }
}

function readPosition(value: unknown): number | 'latest' {
  if (value === undefined || value === null) return 0
  if (value === 'latest') return value
  const position = Number(value)
  if (Number.isSafeInteger(position) && position >= 0) return position
  throw new EngineError(httpErrors.malformed_json, 'Last-Event-ID (or after) must be the seq of an event, or latest.')
}

async function* frames(batches: AsyncIterable<AnyEvent[]>, given: { signal: AbortSignal; stopping?: AbortSignal }): AsyncGenerator<string> {
  yield 'retry: 2000\n\n'
  const iterator = batches[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    while (!given.signal.aborted) {
      const result = await Promise.race([next, quiet(given.signal)])
      if (result === 'quiet') {
        yield ': still here\n\n'
        continue
      }
      if (result.done) break
      // One write for everything that is there: far cheaper than one a frame.
      yield result.value.map(frame).join('')
      next = iterator.next()
    }
    if (given.stopping?.aborted) yield 'event: shutdown\ndata: {}\n\n'
  } finally {
    await iterator.return?.(undefined)
  }
}

function frame(event: AnyEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

function quiet(signal: AbortSignal): Promise<'quiet'> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve('quiet')
    }
    const timer = setTimeout(finish, heartbeatMs)
    timer.unref()
    signal.addEventListener('abort', finish, { once: true })
  })
}
