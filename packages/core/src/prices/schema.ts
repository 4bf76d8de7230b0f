import { z } from 'zod'

import { rateFields, tierFields } from '../kernel/price-book.ts'
import { Id, IsoTime, TimeInput } from '../kernel/schema.ts'
import { anyModel } from './model-names.ts'

const PriceTier = z.object(tierFields).meta({ id: 'PriceTier' })
const rates = { ...rateFields, tiers: z.array(PriceTier).describe('The rates of a whole call whose input is larger.') }

/** What tokens cost, whoever says so. Micro-dollars for a million tokens. */
const Price = z.object(rates).meta({ id: 'Price' })

/** A row of a company's rate card. */
export const CompanyPrice = z
  .object({
    id: Id,
    companyId: Id,
    provider: z.string(),
    model: z.string().describe(`"${anyModel}" for all models of the provider that have no price of their own.`),
    effectiveFrom: IsoTime,
    ...rates,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'CompanyPrice' })
export type CompanyPrice = z.infer<typeof CompanyPrice>

export const PriceSource = z.enum(['company', 'host', 'bundled'])
export type PriceSource = z.infer<typeof PriceSource>

export const FoundPrice = z
  .object({
    provider: z.string(),
    model: z.string(),
    at: IsoTime,
    source: PriceSource.nullable().describe('Whose price it is; null when nobody knows one.'),
    price: Price.nullable(),
  })
  .meta({ id: 'FoundPrice' })

export const Provider = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .describe('As usage names it: anthropic, openai, google, or what the adapter of the agent says.')
export const Model = z.string().trim().min(1).max(200)
export const At = TimeInput.optional().describe('Now when left out.')

const Cached = rateFields.inputMicros.optional().describe('What the others cost, when left out.')
const givenRates = {
  inputMicros: rateFields.inputMicros.describe('Micro-dollars for a million tokens: $3 is 3000000.'),
  cachedInputMicros: Cached,
  cacheWriteMicros: Cached,
  outputMicros: rateFields.outputMicros,
}

export const GivenPrice = {
  ...givenRates,
  tiers: z
    .array(z.strictObject({ aboveInputTokens: tierFields.aboveInputTokens, ...givenRates }))
    .max(20)
    .default([])
    .refine(
      (tiers) => new Set(tiers.map(({ aboveInputTokens }) => aboveInputTokens)).size === tiers.length,
      'two of them begin at the same size',
    )
    .describe('The rates of a whole call, its output too, whose input has more tokens than this.'),
}
