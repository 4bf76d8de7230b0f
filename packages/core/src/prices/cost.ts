import type { RunUsage } from '../ports/adapter.ts'

/** What tokens of a model cost, micro-dollars a million of them. */
export interface Price {
  readonly inputMicros: number
  readonly outputMicros: number
  readonly cachedInputMicros: number
}

/** Micro-dollars, rounded up once. */
export function costOf(price: Price, usage: RunUsage): number {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0 } = usage
  const micros = inputTokens * price.inputMicros + outputTokens * price.outputMicros + cachedInputTokens * price.cachedInputMicros
  return Math.ceil(micros / 1_000_000)
}
