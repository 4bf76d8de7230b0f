export const PRICES_SPEC = 'engine.prices.v1'

/** What tokens cost: micro-dollars for a million of them, so $3 for a million is 3000000. */
export interface Rates {
  readonly inputMicros: number
  /** For those that the provider had kept from an earlier call. */
  readonly cachedInputMicros: number
  /** For those that the provider keeps for a later call. */
  readonly cacheWriteMicros: number
  readonly outputMicros: number
}

/** The rates of a whole call, its output too, when its input is larger than this. */
export interface PriceTier extends Rates {
  readonly aboveInputTokens: number
}

export interface Price extends Rates {
  /** Of the tiers that a call reaches, the one with the largest threshold counts. */
  readonly tiers: readonly PriceTier[]
}

/** Prices that the host knows. They go before those that Engine brings along, and after those that a company has set. */
export interface PriceBook {
  readonly spec: typeof PRICES_SPEC
  /**
   * The price at a time, null for what it does not know. Pure and at once: it is asked within transactions, so whatever has to be
   * fetched is fetched before. `model` is as usage names it, and may end in the date of a version.
   */
  find(request: { readonly provider: string; readonly model: string; readonly at: Date }): Price | null
}
