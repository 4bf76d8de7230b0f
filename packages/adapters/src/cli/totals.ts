import type { RunUsage } from '@engine/core/plugin'

import type { Counters, Totals } from './facts.ts'

const names = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costMicros'] as const
const none: Counters = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: null }

interface Told {
  readonly provider?: string
  readonly totals: Totals
  /** The conversation is not the one that Engine took it for: its counters began at nothing, which is said first. */
  readonly beginsAnew: boolean
}

/**
 * The counters of a whole conversation as usage, of which Engine charges what is new. Counters that are all zero are those of a program
 * that failed before it knew them, and are not told. Pure.
 */
export function usageOfTotals({ provider, totals, beginsAnew }: Told): RunUsage[] {
  return Object.entries(totals).flatMap(([model, counters]) => {
    const of = { ...(provider !== undefined && { provider }), ...(model !== '' && { model }) }
    const told = [...(beginsAnew ? [none] : []), counters].map(({ costMicros, ...tokens }) => ({
      ...of,
      ...tokens,
      ...(costMicros !== null && { costMicros }),
      cumulative: true,
    }))
    return names.some((name) => (counters[name] ?? 0) > 0) ? told : []
  })
}

export function isSomething(usage: RunUsage): boolean {
  return usage.cumulative === true || names.some((name) => (usage[name] ?? 0) > 0)
}

/** Amounts of programs are told as they are; those of Engine are whole and not below zero. */
export function wholeUsage(usage: RunUsage): RunUsage {
  const whole = (amount: number | undefined) => (amount === undefined ? undefined : Math.max(0, Math.round(amount)))
  return {
    ...usage,
    inputTokens: whole(usage.inputTokens),
    outputTokens: whole(usage.outputTokens),
    cachedInputTokens: whole(usage.cachedInputTokens),
    ...(usage.cacheWriteTokens !== undefined && { cacheWriteTokens: whole(usage.cacheWriteTokens) }),
    costMicros: whole(usage.costMicros),
  }
}
