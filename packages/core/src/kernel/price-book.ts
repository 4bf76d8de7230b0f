import { z } from 'zod'

import { PRICES_SPEC, type Price, type PriceBook } from '../ports/prices.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { requireSpec } from './parts.ts'

const Rate = z.number().int().min(0).max(1_000_000_000_000)
const Tokens = z.number().int().min(0).max(1_000_000_000_000)

/** Micro-dollars for a million tokens. */
export const rateFields = { inputMicros: Rate, cachedInputMicros: Rate, cacheWriteMicros: Rate, outputMicros: Rate }
export const tierFields = { aboveInputTokens: Tokens, ...rateFields }

const HostPrice: z.ZodType<Price> = z.object({ ...rateFields, tiers: z.array(z.object(tierFields)).max(20) })

/**
 * A price book as Engine uses it: what it answers is a price or null, or it is refused, since a price that can not be read must not
 * become none. @throws `invalid_input` for a book of another version of the port
 */
export function guardPrices(book: PriceBook | undefined): PriceBook | null {
  if (!book) return null
  requireSpec('The price book', book, PRICES_SPEC)
  return {
    spec: PRICES_SPEC,
    find(request) {
      try {
        const found = book.find(request)
        return found && HostPrice.parse(found)
      } catch (error) {
        const { provider, model } = request
        const message = `The price of ${model} of ${provider} can not be read from the price book that this engine was created with.`
        throw new EngineError(kernelErrors.unavailable, message, { cause: error, details: { provider, model } })
      }
    },
  }
}
