import { setTimeout as sleep } from 'node:timers/promises'

import { ADAPTER_SPEC, type AdapterStartOptions, type AdapterTurn, type AgentAdapter, type RunOutcome } from '@engine/core/plugin'
import { createOutbound, OutboundError, retryAfterMs, type Outbound, type OutboundOptions, type OutboundResponse } from '@engine/outbound'

import { originOf } from '../origin.ts'
import { eventsOf, outcomeOf, parseAnswer, type Answer } from './answer.ts'
import { HttpConfig } from './config.ts'
import { connectionFailure, failed, statusFailure } from '../remote/failures.ts'
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
 * Asks an agent that answers behind a URL: at once with what it made, or with 202 and a place to look until it has. The protocol is
 * in docs/adapters.md. Targets that are not public need `allow`, which is the operator's (PROMISES S8).
 */
export function httpAdapter(options: OutboundOptions = {}): AgentAdapter<HttpConfig> {
  const outbound = createOutbound(options)
  return {
    spec: ADAPTER_SPEC,
    type: 'http',
    title: 'An agent behind a URL',
    configSchema: HttpConfig,
    metering: 'final',
    overshoot: 'What the agent uses between two of its answers, which tell its usage, and until it hears that it is to stop.',
    provider: ({ url }) => originOf(url),
    start: async (start) => ({ run: (turn) => runRemote(outbound, start, turn) }),
    test: (given) => tryHttp(outbound, given),
  }
}

async function runRemote(outbound: Outbound, start: AdapterStartOptions<HttpConfig>, turn: AdapterTurn): Promise<RunOutcome> {
  const timeout = AbortSignal.timeout(start.config.timeoutSec * 1_000)
  const signal = AbortSignal.any([turn.signal, timeout])
  const work = new RemoteWork(outbound, start, { turn, signal })
  try {
    return await work.toItsEnd()
  } catch (error) {
    // Whatever broke here, nobody waits for it any more.
    await work.cancel()
    if (turn.signal.aborted) return failed('transient', `stopped: ${String(turn.signal.reason)}`)
    if (timeout.aborted) return failed('timeout', `There was no outcome within ${start.config.timeoutSec} s.`)
    if (error instanceof OutboundError) return connectionFailure(error)
    if (error instanceof MissingValue) return failed('config', `payload: ${error.message}.`)
    throw error
  }
}

/** One run on the other side. */
class RemoteWork {
  readonly #outbound: Outbound
  readonly #start: AdapterStartOptions<HttpConfig>
  readonly #turn: AdapterTurn
  readonly #signal: AbortSignal
  #cancelUrl: URL | null = null

  constructor(outbound: Outbound, start: AdapterStartOptions<HttpConfig>, { turn, signal }: { turn: AdapterTurn; signal: AbortSignal }) {
    this.#outbound = outbound
    this.#start = start
    this.#turn = turn
    this.#signal = signal
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

  /** Looks at work that goes on until it has an outcome. */
  async #watch(accepted: Answer, response: OutboundResponse): Promise<RunOutcome> {
    const statusUrl = this.#sameOrigin(accepted.statusUrl ?? response.headers['location'])
    if (!statusUrl) return malformed(response, 'a 202 needs statusUrl or Location, of the same origin as the URL of the agent')
    this.#cancelUrl = this.#sameOrigin(accepted.cancelUrl)
    let waitMs = retryAfterMs(response.headers['retry-after'], Date.now())
    for (let misses = 0; misses < mostMisses;) {
      await sleep(Math.max(waitMs ?? this.#start.config.pollSec * 1_000, leastWaitMs), undefined, { signal: this.#signal })
      const seen = await this.#look(statusUrl)
      if ('outcome' in seen) return seen.outcome
      misses = seen.isMiss ? misses + 1 : 0
      waitMs = seen.waitMs
    }
    return failed('overloaded', `${statusUrl.origin} did not say how its work goes, ${mostMisses} times in a row.`)
  }

  async #look(statusUrl: URL): Promise<{ outcome: RunOutcome } | { isMiss: boolean; waitMs: number | undefined }> {
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
    if (typeof answer === 'string') return answer
    for (const event of eventsOf(answer)) {
      this.#signal.throwIfAborted()
      await this.#turn.emit(event)
    }
    return answer
  }

  #ask(method: 'GET' | HttpConfig['method'], { url, body }: { url: string; body?: string }): Promise<OutboundResponse> {
    const { config, runId, trace } = this.#start
    return this.#outbound.fetch(url, {
      method,
      headers: { ...config.headers, ...trace, ...(body !== undefined && { 'content-type': 'application/json' }), 'idempotency-key': runId },
      ...(body !== undefined && { body }),
      signal: this.#signal,
      timeoutMs: config.requestTimeoutSec * 1_000,
      maxBytes,
      // Credentials go nowhere but to the URL that an operator set.
      maxRedirects: 0,
    })
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
