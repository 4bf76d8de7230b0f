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
export async function priceOf(context: CommandContext, { provider, model, at, ...usage }: Consumed): Promise<number | null> {
  if (model === null) return null
  const price = await findPrice(context, { companyId: context.companyId, provider, model, at })
  return price && costOf(price, usage)
}
