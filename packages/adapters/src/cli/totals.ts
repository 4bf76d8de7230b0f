import type { RunUsage } from '@engine/core/plugin'

import type { Counters, Totals } from './facts.ts'

const names = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costMicros'] as const
const nothing: Counters = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: null }

export interface Charge {
  /** What is to be charged now. */
  readonly usage: readonly RunUsage[]
  /** What has been charged of this conversation from now on. */
  readonly charged: Totals
}

/**
 * The part of a conversation's counters that has not been charged yet. Counters below what was charged have begun again, so all of
 * them are new; counters that are all zero are those of a program that failed before it knew them. Pure.
 */
export function chargeTotals(totals: Totals, charged: Totals, provider?: string): Charge {
  if (Object.values(totals).every(isZero)) return { usage: [], charged }
  const before = hasBegunAgain(totals, charged) ? {} : charged
  const usage = Object.entries(totals).map(([model, counters]) => ({
    ...(provider !== undefined && { provider }),
    ...(model !== '' && { model }),
    ...difference(counters, before[model] ?? nothing),
  }))
  return { usage, charged: { ...before, ...totals } }
}

export function isSomething(usage: RunUsage): boolean {
  return names.some((name) => (usage[name] ?? 0) > 0)
}

function difference(counters: Counters, before: Counters): RunUsage {
  const { costMicros } = counters
  return {
    inputTokens: counters.inputTokens - before.inputTokens,
    outputTokens: counters.outputTokens - before.outputTokens,
    cachedInputTokens: counters.cachedInputTokens - before.cachedInputTokens,
    ...(costMicros !== null && { costMicros: costMicros - (before.costMicros ?? 0) }),
  }
}

function hasBegunAgain(totals: Totals, charged: Totals): boolean {
  return Object.entries(charged).some(([model, before]) => names.some((name) => (totals[model]?.[name] ?? 0) < (before[name] ?? 0)))
}

function isZero(counters: Counters): boolean {
  return names.every((name) => (counters[name] ?? 0) === 0)
}
