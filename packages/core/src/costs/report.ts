import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import { costErrors } from './errors.ts'
import { createLinker } from './links.ts'
import { createPricer } from './price.ts'
import type { CostEntry } from './record.ts'
import { mostReported, type CostReport } from './input.ts'
import type { BillingType } from './schema.ts'
import type { CostEventTable } from './table.ts'

export interface Wish {
  readonly entry: CostEntry
  /** Whether the report says what it cost, or the price of the model does. */
  readonly isPriced: boolean
}

/** Clocks of those who report may be ahead of ours by this much, milliseconds. */
const mostAheadMs = 5 * 60_000

/**
 * Makes entries of some reports: with their links, and with their price where no cost is said. What several of them name is looked for once,
 * or not at all where null is given for them: then it is refused when it is written.
 * @throws `not_found`, `price_unknown`
 */
export async function createEntries(
  context: CommandContext,
  reports: readonly CostReport[] | null,
): Promise<(report: CostReport) => Promise<Wish>> {
  const link = await createLinker(context, reports)
  const price = createPricer(context)
  return async (report) => {
    const occurredAt = new Date(report.occurredAt ?? context.now)
    if (occurredAt.getTime() > context.clock.now() + mostAheadMs)
      throw ruleViolated(`occurredAt is in the future; it is ${context.now} now. Report a cost when it has arisen.`)
    const links = await link(report)
    const said = microsOf(report)
    const { provider, model = null, inputTokens, outputTokens, cachedInputTokens, billingType } = report
    const tokens = { inputTokens, outputTokens, cachedInputTokens }
    const costMicros = said ?? (await price({ provider, model, ...tokens, at: occurredAt }))
    if (costMicros === null) throw priceUnknown(report)
    if (costMicros > mostReported) throw tooDear(report)
    const entry: CostEntry = {
      ...links,
      ...tokens,
      companyId: context.companyId,
      source: report.source,
      sourceEventId: report.sourceEventId,
      adapter: report.adapter ?? null,
      provider,
      model,
      costMicros,
      isImputed: isImputed(billingType),
      isPriced: true,
      billingType,
      occurredAt,
    }
    return { entry, isPriced: said === null }
  }
}

/** What was paid for before is not paid again. Pure. */
export function isImputed(billingType: BillingType): boolean {
  return billingType === 'subscription' || billingType === 'credits'
}

/** @throws `invalid_input` when both are said and differ */
function microsOf({ costMicros, costCents }: CostReport): number | null {
  const ofCents = costCents === undefined ? null : Math.round(costCents * 10_000)
  if (costMicros !== undefined && ofCents !== null && costMicros !== ofCents) {
    const message = `says ${costCents} cents, but costMicros says ${costMicros} micro-dollars; leave one out`
    throw new EngineError(kernelErrors.invalid_input, `Invalid input: costCents ${message}.`, {
      details: { errors: [{ path: 'costCents', message }] },
    })
  }
  return costMicros ?? ofCents
}

function tooDear({ provider, model }: CostReport): EngineError {
  return ruleViolated(
    `By the price of ${model} of ${provider} this comes to more than ${mostReported} micro-dollars, the most that one report may say. Look at the price and at the tokens, or report it in parts.`,
    { provider, model: model ?? null },
  )
}

function priceUnknown({ provider, model }: CostReport): EngineError {
  const what = model === undefined ? `a call of ${provider} without the name of its model` : `the model ${model} of ${provider}`
  return new EngineError(
    costErrors.price_unknown,
    `Nobody here knows what ${what} costs. Set costMicros in the report, or a price for provider ${provider} and the model.`,
    { details: { provider, model: model ?? null } },
  )
}

/** Whether an event that is reported again says what it said before. What it is tied to may have changed since. Pure. */
export function isSameCost(row: CostEventTable, { entry, isPriced }: Wish): boolean {
  return (
    row.provider === entry.provider &&
    row.model === entry.model &&
    row.input_tokens === entry.inputTokens &&
    row.output_tokens === entry.outputTokens &&
    row.cached_input_tokens === entry.cachedInputTokens &&
    row.billing_type === entry.billingType &&
    // A price may have changed since; what counts is what it was.
    (isPriced || row.cost_micros === entry.costMicros)
  )
}
