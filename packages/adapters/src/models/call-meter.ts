import { EngineError, type Hold, type Meter, type RunUsage } from '@engine/core/plugin'

import { failed, messageOf, Refusal } from '../failures.ts'
import type { Tokens } from './conversation.ts'

/** A budget that is reached is a quota; one that can not be reckoned with, as for a price that is unknown, is to be set up. */
function classOf(cause: unknown) {
  if (!EngineError.isInstance(cause) || cause.kind !== 'budget') return 'transient'
  return cause.code === 'budget_exceeded' ? 'quota' : 'config'
}

/** What a provider may add to a request by itself, such as its own words about tools: some hundred tokens at most. */
const addedTokens = 1_024

interface Counted {
  readonly bytes: number
  readonly tokens: number
}

/**
 * No fewer tokens than a provider counts for a request. None of them has a token of less than a byte of text, so its bytes are a bound,
 * about four times too large. Of what it counted in the last call of the same conversation it says the count itself: then only what
 * was added since is bounded by its bytes. Pure.
 */
export function boundOfInput(bytes: number, before: Counted | null): number {
  const ofAll = bytes + addedTokens
  if (!before || before.tokens === 0) return ofAll
  return Math.min(ofAll, before.tokens + Math.max(0, bytes - before.bytes) + addedTokens)
}

/** Holds money for the calls of one run, one after the other, and ends each hold once. */
export class CallMeter {
  readonly #meter: Meter
  readonly #of: { readonly provider: string; readonly model: string }
  #before: Counted | null = null
  #bytes = 0
  #bound = 0
  #maxOutputTokens = 0
  #hold: Hold | null = null
  #tokens: Tokens | null = null
  #receivedBytes = 0

  constructor(meter: Meter, of: { readonly provider: string; readonly model: string }) {
    this.#meter = meter
    this.#of = of
  }

  /** Whether the provider said or counted anything of the present call. */
  get hasAnswer(): boolean {
    return this.#tokens !== null || this.#receivedBytes > 0
  }

  /** @throws Refusal when the call must not be made */
  async reserve(request: object, maxOutputTokens: number): Promise<void> {
    this.#bytes = Buffer.byteLength(JSON.stringify(request))
    this.#bound = boundOfInput(this.#bytes, this.#before)
    this.#maxOutputTokens = maxOutputTokens
    this.#tokens = null
    this.#receivedBytes = 0
    try {
      this.#hold = await this.#meter.reserve({ ...this.#of, inputTokens: this.#bound, maxOutputTokens })
    } catch (error) {
      throw new Refusal(failed(classOf(error), messageOf(error)), error)
    }
  }

  count(tokens: Tokens): void {
    this.#tokens = tokens
  }

  receive(piece: string): void {
    this.#receivedBytes += Buffer.byteLength(piece)
  }

  /** Settles a call that was answered to its end. @returns its tokens */
  async settle(): Promise<number> {
    const used = this.#tokens ?? this.#boundOfUsed()
    if (this.#tokens) this.#before = { bytes: this.#bytes, tokens: this.#tokens.inputTokens }
    await this.#end((hold) => hold.settle(this.#usage(used)))
    return this.#tokens ? this.#tokens.inputTokens + this.#tokens.outputTokens : 0
  }

  /**
   * Settles a call that was cut: input as it was counted, else its bound; of the output, whichever is more of what was counted and
   * the bound of what was received, since some count it at the end only.
   */
  async settleCut(): Promise<void> {
    const bound = this.#boundOfUsed()
    const counted = this.#tokens ?? bound
    const used = { ...counted, outputTokens: Math.max(counted.outputTokens, bound.outputTokens) }
    await this.#end((hold) => hold.settle(this.#usage(used)))
  }

  async release(): Promise<void> {
    await this.#end((hold) => hold.release())
  }

  #boundOfUsed(): Tokens {
    return { inputTokens: this.#bound, cachedInputTokens: 0, outputTokens: Math.min(this.#receivedBytes, this.#maxOutputTokens) }
  }

  #usage(tokens: Tokens): RunUsage {
    return { ...this.#of, ...tokens }
  }

  async #end(end: (hold: Hold) => Promise<void>): Promise<void> {
    const hold = this.#hold
    this.#hold = null
    if (hold) await end(hold)
  }
}
