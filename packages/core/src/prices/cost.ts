import type { MeteredCall } from '../ports/adapter.ts'
import type { Price, Rates } from '../ports/prices.ts'

/** What was used of a model; all counts are whole and not below zero. */
export interface Usage {
  /** All of them, with those that were read from a cache or written into it. */
  readonly inputTokens?: number | undefined
  readonly cachedInputTokens?: number | undefined
  readonly cacheWriteTokens?: number | undefined
  readonly outputTokens?: number | undefined
}

const million = 1_000_000n

/** What it costs, in micro-dollars: the exact sum, rounded up once. Pure. */
export function costOf(price: Price, usage: Usage): number {
  const { inputTokens = 0, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = usage
  const rates = ratesAt(price, inputTokens)
  // Whoever counts more read and written tokens than input at all means them besides.
  const plain = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens)
  return roundedUp([
    [plain, rates.inputMicros],
    [cachedInputTokens, rates.cachedInputMicros],
    [cacheWriteTokens, rates.cacheWriteMicros],
    [outputTokens, rates.outputMicros],
  ])
}

/**
 * What a call can cost at most, in micro-dollars: all of its input at the dearest rate for input, all of the output that it may have,
 * each at the dearest of the tiers that its bound reaches. Whatever stays within the bound of tokens costs no more. Pure.
 */
export function upperBoundOf(price: Price, { inputTokens, maxOutputTokens }: Pick<MeteredCall, 'inputTokens' | 'maxOutputTokens'>): number {
  const reached: Rates[] = [price, ...price.tiers.filter(({ aboveInputTokens }) => inputTokens > aboveInputTokens)]
  const inputMicros = Math.max(...reached.flatMap((rates) => [rates.inputMicros, rates.cachedInputMicros, rates.cacheWriteMicros]))
  const outputMicros = Math.max(...reached.map((rates) => rates.outputMicros))
  return roundedUp([
    [inputTokens, inputMicros],
    [maxOutputTokens, outputMicros],
  ])
}

function ratesAt(price: Price, inputTokens: number): Rates {
  let rates: Rates & { readonly aboveInputTokens?: number } = price
  for (const tier of price.tiers)
    if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens >= (rates.aboveInputTokens ?? 0)) rates = tier
  return rates
}

/** Products of a large count and a large rate are beyond what a number holds exactly. */
function roundedUp(parts: readonly (readonly [tokens: number, micros: number])[]): number {
  const sum = parts.reduce((total, [tokens, micros]) => total + BigInt(tokens) * BigInt(micros), 0n)
  const micros = (sum + million - 1n) / million
  return micros > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(micros)
}
