import { EngineError } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { hasNoBody, type WireRequest, type WireResponse } from './wire.ts'

/** The handler for hosts that speak the web's own Request and Response (hono, next, Deno, Bun). */
export function webHandler(handler: Handler): (request: Request) => Promise<Response> {
  return async (request) => {
    const gone = new AbortController()
    const signal = () => AbortSignal.any([request.signal, gone.signal])
    return toResponse(await handler(fromRequest(request, signal)), gone)
  }
}

function fromRequest(request: Request, signal: WireRequest['signal']): WireRequest {
  const url = new URL(request.url)
  return {
    method: request.method,
    url,
    header: (name) => request.headers.get(name) ?? (name === 'host' ? url.host : null),
    body: async (limit) => {
      if (request.bodyUsed || request.body?.locked) throw alreadyRead()
      return readStream(request.body, limit)
    },
    signal,
  }
}

async function readStream(stream: AsyncIterable<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  return stream === null ? new Uint8Array() : readChunks(stream, limit)
}

/** That nothing is left of a body: taken for empty, it would be answered with what its sender did not do. */
export function alreadyRead(): EngineError {
  return new EngineError(
    httpErrors.body_already_read,
    'The program that Engine is a part of read the body of this request before it. Mount Engine before what parses bodies, such as express.json().',
  )
}

/** Collects a body, and stops reading as soon as it is too long. @throws `payload_too_large`, `body_broke_off` */
export async function readChunks(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > limit) throw tooLarge(limit)
      parts.push(chunk)
    }
  } catch (error) {
    if (EngineError.isInstance(error)) throw error
    // Whoever sends it went away, or sent nonsense.
    throw new EngineError(httpErrors.body_broke_off, `The body broke off after ${size} bytes.`, { cause: error })
  }
  return Buffer.concat(parts)
}

function tooLarge(limit: number): EngineError {
  return new EngineError(httpErrors.payload_too_large, `The body is larger than ${limit} bytes.`, { details: { limit } })
}

function toResponse({ status, headers, body }: WireResponse, gone: AbortController): Response {
  if (typeof body === 'string') return new Response(hasNoBody(status) ? null : body, { status, headers })
  if (body instanceof Uint8Array) return new Response(Buffer.from(body), { status, headers })
  return new Response(toStream(body, gone), { status, headers })
}

/** A stream that is read as fast as its client reads, and ends its source at once when the client goes away. */
function toStream(parts: AsyncIterable<string | Uint8Array>, gone: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = parts[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
    },
    async cancel() {
      gone.abort()
      await iterator.return?.()
    },
  })
}
