import type { CommandContext } from '../kernel/command.ts'
import { costOf } from '../prices/cost.ts'
import { findPrice } from '../prices/find.ts'

interface Consumed {
  readonly provider: string
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly cacheWriteTokens?: number
  readonly at: Date
}

/** What tokens cost by the price of their model, micro-dollars; null when nobody knows it. */
export async function priceOf(context: CommandContext, consumed: Consumed): Promise<number | null> {
  return createPricer(context)(consumed)
}

/** The same for many; a price that several have at the same time is looked for once. */
export function createPricer(context: CommandContext): (consumed: Consumed) => Promise<number | null> {
  const { companyId } = context
  const known = new Map<string, Awaited<ReturnType<typeof findPrice>>>()
  return async ({ provider, model, at, ...usage }) => {
    if (model === null) return null
    const key = JSON.stringify([provider, model, at])
    if (!known.has(key)) known.set(key, await findPrice(context, { companyId, provider, model, at }))
    const price = known.get(key)
    return price ? costOf(price, usage) : null
  }
}
