import type { Price, PriceTier } from '../ports/prices.ts'
import type { CompanyPrice } from './schema.ts'

export interface PriceTable {
  id: string
  company_id: string
  provider: string
  /** `*` for all models of the provider that have no price of their own. */
  model: string
  effective_from: string
  /** Micro-dollars for a million tokens, as are the others. */
  input_micros: number
  cached_input_micros: number
  cache_write_micros: number
  output_micros: number
  tiers: string
  version: number
  created_at: string
  updated_at: string
}

/** What a call costs by it. */
export function toPrice(row: PriceTable): Price {
  return {
    inputMicros: row.input_micros,
    cachedInputMicros: row.cached_input_micros,
    cacheWriteMicros: row.cache_write_micros,
    outputMicros: row.output_micros,
    // It was written from tiers that were checked.
    tiers: JSON.parse(row.tiers) as PriceTier[],
  }
}

export function toCompanyPrice(row: PriceTable): CompanyPrice {
  const { tiers, ...rates } = toPrice(row)
  return {
    id: row.id,
    companyId: row.company_id,
    provider: row.provider,
    model: row.model,
    effectiveFrom: row.effective_from,
    ...rates,
    tiers: [...tiers],
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
