import type { MeteredCall } from '../ports/adapter.ts'

/** Micro-dollars for a million tokens. */
export interface Price {
  readonly inputMicros: number
  readonly outputMicros: number
}

interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
}

export function costOf(price: Price, usage: Usage): number {
  return Math.ceil((usage.inputTokens * price.inputMicros + usage.outputTokens * price.outputMicros) / 1_000_000)
}

export function upperBoundOf(price: Price, call: MeteredCall): number {
  return costOf(price, { inputTokens: call.inputTokens, outputTokens: call.maxOutputTokens, cachedInputTokens: 0 })
}
