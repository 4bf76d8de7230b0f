import { setTimeout as sleep } from 'node:timers/promises'

import {
  ADAPTER_SPEC,
  type AdapterStartOptions,
  type AdapterTurn,
  type AgentAdapter,
  type RunCallbacks,
  type RunOutcome,
} from '@engine/core/plugin'
import { createOutbound, OutboundError, retryAfterMs, type Outbound, type OutboundOptions, type OutboundResponse } from '@engine/outbound'

import { originOf } from '../origin.ts'
import { eventsOf, outcomeOf, parseAnswer, parseCallback, type Answer } from './answer.ts'
import { callbackUrl, isGenuine, keysOf, noKey } from './callback.ts'
import { HttpConfig } from './config.ts'
import { failed } from '../failures.ts'
import { outcomeOfError, statusFailure } from '../remote/failures.ts'
import { secretHeaders } from '../remote/headers.ts'
import { fillTemplate, MissingValue } from './template.ts'
import { tryHttp } from './try.ts'

/** How much of an answer is read. */
const maxBytes = 4 * 1_048_576
/** How many looks at running work may fail in a row. */
const mostMisses = 5
/** However soon the other side wants to be asked again: it, or whoever set its URL, does not decide how busy this server is. */
const leastWaitMs = 100
/** How long a run that is stopped waits for the other side to be told. */
const cancelMs = 3_000

/**
 * Asks an agent that answers behind a URL: at once with what it made, or with 202 and a place to look until it has, or by calls of its own. The protocol is
 * in docs/adapters.md. Targets that are not public need `allow`, which is the operator's (PROMISES S8).
 */
export function httpAdapter(options: OutboundOptions = {}): AgentAdapter<HttpConfig> {
  const outbound = createOutbound(options)
  return {
    spec: ADAPTER_SPEC,
    type: 'http',
    title: 'An agent behind a URL',
    configSchema: HttpConfig,
    alwaysSecret: ['callback.secrets', ...secretHeaders],
    metering: 'final',
    overshoot: 'What the agent uses between two of its answers, which tell its usage, and until it hears that it is to stop.',
    provider: ({ url }) => originOf(url),
    start: async (start) => ({ run: (turn) => runRemote(outbound, start, turn) }),
    isGenuine,
    test: (given) => tryHttp(outbound, given),
  }
}

async function runRemote(outbound: Outbound, start: AdapterStartOptions<HttpConfig>, turn: AdapterTurn): Promise<RunOutcome> {
  const { callback } = start.config
  if (callback && keysOf(callback).length === 0) return failed('config', noKey)
  const timeout = AbortSignal.timeout(start.config.timeoutSec * 1_000)
  const signal = AbortSignal.any([turn.signal, timeout])
  const work = new RemoteWork(outbound, start, { turn, signal })
  try {
    return await work.toItsEnd()
  } catch (error) {
    // Whatever broke here, nobody waits for it any more.
    await work.cancel()
    if (error instanceof MissingValue) return failed('config', `payload: ${error.message}.`)
    return outcomeOfError(error, { stop: turn.signal, timeout, timeoutSec: start.config.timeoutSec })
  }
}

/** What is known of work that goes on. */
type Seen = { readonly outcome: RunOutcome } | { readonly isMiss: boolean; readonly waitMs: number | undefined }
const goesOn: Seen = { isMiss: false, waitMs: undefined }

/** One run on the other side. */
class RemoteWork {
  readonly #outbound: Outbound
  readonly #start: AdapterStartOptions<HttpConfig>
  readonly #turn: AdapterTurn
  readonly #signal: AbortSignal
  /** Null where the agent is not told of calls of its own. */
  readonly #callbacks: RunCallbacks | null
  /** The next call of the agent, from when somebody first waits for it. */
  #coming: Promise<string> | null = null
  #cancelUrl: URL | null = null

  constructor(outbound: Outbound, start: AdapterStartOptions<HttpConfig>, { turn, signal }: { turn: AdapterTurn; signal: AbortSignal }) {
    this.#outbound = outbound
    this.#start = start
    this.#turn = turn
    this.#signal = signal
    this.#callbacks = start.config.callback ? (turn.callbacks ?? null) : null
  }

  async toItsEnd(): Promise<RunOutcome> {
    this.#signal.throwIfAborted()
    const { config } = this.#start
    const { session, context } = this.#turn
    const payload = config.payload ? fillTemplate(config.payload, { ...context, session }) : { ...context, session }
    const response = await this.#ask(config.method, { url: config.url, body: JSON.stringify(payload) })
    if (response.status < 200 || response.status >= 300) return statusFailure(response, Date.now())
    const answer = await this.#take(response)
    if (typeof answer === 'string') return malformed(response, answer)
    return response.status === 202 ? this.#watch(answer, response) : outcomeOf(answer)
  }

  /** Looks at work that goes on, and hears what the agent calls back, until it has an outcome. */
  async #watch(accepted: Answer, response: OutboundResponse): Promise<RunOutcome> {
    const named = accepted.statusUrl ?? response.headers['location']
    const statusUrl = this.#sameOrigin(named)
    if (!statusUrl && !(named === undefined && this.#callbacks))
      return malformed(response, 'a 202 without callbacks needs statusUrl or Location, of the same origin as the URL of the agent')
    this.#cancelUrl = this.#sameOrigin(accepted.cancelUrl)
    let waitMs = retryAfterMs(response.headers['retry-after'], Date.now())
    for (let misses = 0; misses < mostMisses;) {
      const lookMs = statusUrl && Math.max(waitMs ?? this.#start.config.pollSec * 1_000, leastWaitMs)
      const callback = await this.#callbackWithin(lookMs)
      const seen = callback === null && statusUrl ? await this.#look(statusUrl) : await this.#hear(callback ?? '')
      if ('outcome' in seen) return seen.outcome
      misses = seen.isMiss ? misses + 1 : 0
      waitMs = seen.waitMs
    }
    return failed('overloaded', `${new URL(this.#start.config.url).origin} did not say how its work goes, ${mostMisses} times in a row.`)
  }

  /** What the agent calls back before it is looked at again; null when that is due. Without a time it is waited for as long as the run lasts. */
  async #callbackWithin(ms: number | null): Promise<string | null> {
    const timer = new AbortController()
    if (this.#callbacks) this.#coming ??= this.#callbacks.next(this.#signal)
    const waits: Promise<string | null>[] = this.#coming ? [this.#coming] : []
    if (ms !== null) waits.push(sleep(ms, null, { signal: AbortSignal.any([this.#signal, timer.signal]) }))
    try {
      const body = await Promise.race(waits)
      if (body !== null) this.#coming = null
      return body
    } finally {
      timer.abort()
    }
  }

  /** What a call of the agent says. It is the end, unless it says that it is not. */
  async #hear(body: string): Promise<Seen> {
    const callback = parseCallback(body)
    if (typeof callback === 'string')
      return { outcome: failed('bad_request', `A callback is something else than docs/adapters.md asks for: ${callback}`) }
    if (callback.runId === this.#start.runId) {
      await this.#record(callback)
      return callback.isDone ? { outcome: outcomeOf(callback) } : goesOn
    }
    await this.#turn.emit({ type: 'log', stream: 'system', text: 'A callback that is about another run was passed over.\n' })
    return goesOn
  }

  async #look(statusUrl: URL): Promise<Seen> {
    const response = await this.#ask('GET', { url: statusUrl.href }).catch((error: unknown) => {
      if (error instanceof OutboundError && error.isPassing && !this.#signal.aborted) return null
      throw error
    })
    if (!response) return { isMiss: true, waitMs: undefined }
    const waitMs = retryAfterMs(response.headers['retry-after'], Date.now())
    if (response.status === 429 || response.status >= 500) return { isMiss: true, waitMs }
    if (response.status < 200 || response.status >= 300) return { outcome: statusFailure(response, Date.now()) }
    const answer = await this.#take(response)
    if (typeof answer === 'string') return { outcome: malformed(response, answer) }
    return response.status === 202 ? { isMiss: false, waitMs } : { outcome: outcomeOf(answer) }
  }

  /** Records what an answer brings. @returns what is wrong with it, when it is none */
  async #take(response: OutboundResponse): Promise<Answer | string> {
    const answer = parseAnswer(response.body)
    if (typeof answer !== 'string') await this.#record(answer)
    return answer
  }

  async #record(answer: Answer): Promise<void> {
    for (const event of eventsOf(answer)) {
      this.#signal.throwIfAborted()
      await this.#turn.emit(event)
    }
  }

  #ask(method: 'GET' | HttpConfig['method'], { url, body }: { url: string; body?: string }): Promise<OutboundResponse> {
    const { config, runId, trace } = this.#start
    return this.#outbound.fetch(url, {
      method,
      headers: {
        ...config.headers,
        ...trace,
        ...(body !== undefined && { 'content-type': 'application/json', ...this.#callbackHeader() }),
        'idempotency-key': runId,
      },
      ...(body !== undefined && { body }),
      signal: this.#signal,
      timeoutMs: config.requestTimeoutSec * 1_000,
      maxBytes,
      // Credentials go nowhere but to the URL that an operator set.
      maxRedirects: 0,
    })
  }

  #callbackHeader(): Record<string, string> {
    const { config, runId } = this.#start
    return config.callback && this.#callbacks ? { 'engine-callback-url': callbackUrl(config.callback, runId) } : {}
  }

  /** An address that the other side names may be asked with our credentials only where they were sent before. */
  #sameOrigin(text: string | undefined): URL | null {
    const { url } = this.#start.config
    const named = text === undefined ? null : URL.parse(text, url)
    return named && named.origin === new URL(url).origin ? named : null
  }

  /** Tells the other side that nobody waits any more; it may not hear it. */
  async cancel(): Promise<void> {
    const { config, runId } = this.#start
    if (!this.#cancelUrl) return
    const headers = { ...config.headers, 'idempotency-key': `${runId}:cancel` }
    const request = { method: 'POST', headers, timeoutMs: cancelMs, maxRedirects: 0, whenLonger: 'cut' } as const
    await this.#outbound.fetch(this.#cancelUrl, request).catch(() => undefined)
  }
}

function malformed({ url, status }: OutboundResponse, what: string): RunOutcome {
  return failed('bad_request', `${new URL(url).origin} answered ${status} with something else than docs/adapters.md asks for: ${what}`)
}
