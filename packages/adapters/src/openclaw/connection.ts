import { OutboundError } from '@engine/outbound'
import type { WebSocket } from 'ws'
import type { z } from 'zod'

import { broken, closed, malformed, noSocket, refusalOf } from './failures.ts'
import { Frame, type Failure } from './messages.ts'

interface Asking<Result> {
  readonly result: z.ZodType<Result>
  readonly signal: AbortSignal
  /** Whether another answer of the same request follows. */
  readonly goesOn?: (result: Result) => boolean
  /** What a refusal means. */
  readonly refuse?: (failure: Failure) => Error
}

type Answer = Extract<Frame, { type: 'res' }>

/** Requests and events over one WebSocket. When it breaks, whoever waits for something of it is told why. */
export class Connection {
  readonly #socket: WebSocket
  readonly #onEvent: (name: string, payload: unknown) => Promise<void>
  readonly #asked = new Map<string, (answer: Answer) => void>()
  readonly #open = Promise.withResolvers<void>()
  readonly #over = Promise.withResolvers<never>()
  /** What was read, one after the other. */
  #handled: Promise<void> = Promise.resolve()
  #unhandled = 0
  #requests = 0
  #heardAt = performance.now()
  #watch: NodeJS.Timeout | undefined

  /** @param onEvent while it works, no more is taken from the other side than what is read already */
  constructor(socket: WebSocket, onEvent: (name: string, payload: unknown) => Promise<void>) {
    this.#socket = socket
    this.#onEvent = onEvent
    // Nobody may wait for it when it ends.
    this.#over.promise.catch(() => undefined)
    socket.on('open', this.#open.resolve)
    socket.on('message', (data, isBinary) => this.#take(isBinary || !Buffer.isBuffer(data) ? null : data.toString()))
    // What came before counts.
    socket.on('close', (code, reason) => void this.#handled.then(() => this.end(closed(code, reason.toString()))))
    socket.on('error', (error) => this.end(broken(error)))
    socket.on('unexpected-response', (request, response) => {
      const headers = { 'retry-after': response.headers['retry-after'] ?? '' }
      this.end(noSocket({ status: response.statusCode ?? 0, headers, url: socket.url }))
      request.destroy()
    })
  }

  /** @throws Refusal, OutboundError, and the reason of the signal */
  async ask<Result>(method: string, params: object, given: Asking<Result>): Promise<Result> {
    await this.while(this.#open.promise, given.signal)
    this.#requests += 1
    const id = String(this.#requests)
    const answered = Promise.withResolvers<Result>()
    this.#asked.set(id, ({ ok, error, payload }) => {
      if (!ok && error) return answered.reject(given.refuse?.(error) ?? refusalOf(method, error))
      const parsed = given.result.safeParse(payload)
      if (!parsed.success) return answered.reject(malformed(`the answer of ${method}`))
      if (!given.goesOn?.(parsed.data)) answered.resolve(parsed.data)
    })
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }))
    return this.while(answered.promise, given.signal).finally(() => this.#asked.delete(id))
  }

  /** Waits for something that the other side is to say, no longer than there is one. */
  async while<Value>(awaited: Promise<Value>, signal: AbortSignal): Promise<Value> {
    const stopped = Promise.withResolvers<never>()
    const stop = () => stopped.reject(new Error('nobody waits any more', { cause: signal.reason }))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      return await Promise.race([this.#over.promise, stopped.promise, awaited])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** A gateway says something at least as often as this; one that is silent for twice as long is gone. */
  watch(tickMs: number): void {
    const look = () => {
      if (this.#unhandled > 0 || performance.now() - this.#heardAt <= 2 * tickMs) return
      this.end(new OutboundError('unreachable', `The gateway said nothing for ${2 * tickMs} ms.`))
    }
    // What came while this process was busy with something else is read first.
    this.#watch = setInterval(() => setImmediate(look), tickMs)
  }

  end(why: unknown): void {
    clearInterval(this.#watch)
    this.#over.reject(why)
    this.#socket.terminate()
  }

  #take(text: string | null): void {
    this.#unhandled += 1
    this.#socket.pause()
    this.#handled = this.#handled
      .then(() => this.#handle(text))
      .catch((error: unknown) => this.end(error))
      .then(() => {
        this.#unhandled -= 1
        this.#heardAt = performance.now()
        if (this.#unhandled === 0) this.#socket.resume()
      })
  }

  async #handle(text: string | null): Promise<void> {
    const frame = text === null ? null : parseFrame(text)
    if (!frame) throw malformed(text === null ? 'a binary frame' : text.slice(0, 100))
    if (frame.type === 'event') await this.#onEvent(frame.event, frame.payload)
    else this.#asked.get(frame.id)?.(frame)
  }
}

function parseFrame(text: string): Frame | null {
  try {
    return Frame.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
