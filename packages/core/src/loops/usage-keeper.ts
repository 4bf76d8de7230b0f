import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import type { RunUsage } from '../ports/adapter.ts'
import type { Logger } from '../ports/logger.ts'
import { mostConsumed } from '../runs/schema.ts'
import type { RunHost } from './run-host.ts'

/** Tells Engine what a run consumes, each thing once. */
export interface UsageKeeper {
  /** Whether the run goes on from what another one left, and its counters with it. */
  isResumed: boolean
  /** Gives something that was consumed its number, by which it counts once; it has to be told, here or elsewhere. */
  number(usage: RunUsage): NumberedUsage
  /** Resolves when it is kept, or will be tried again; never rejects, since what was consumed is consumed. */
  add(usage: NumberedUsage): Promise<void>
  /** Tells what could not be told so far. */
  rest(): Promise<void>
}

type NumberedUsage = RunUsage & { readonly sequence: number }

/** What one call tells at most. */
const mostTogether = 100
/** How often it is tried at the end; with the waits between, about 20 seconds. */
const mostTries = 15
const longestWaitMs = 2_000

export function createUsageKeeper(host: RunHost, actor: RunActor, logger: Logger): UsageKeeper {
  const pending: NumberedUsage[] = []
  let sequence = 0
  let telling = Promise.resolve(true)
  const keeper: UsageKeeper = {
    isResumed: false,
    number(usage) {
      sequence += 1
      return { ...countedOf(usage), sequence }
    },
    async add(usage) {
      pending.push(usage)
      await tell()
    },
    async rest() {
      for (let tries = 1; !(await tell()) && tries < mostTries; tries += 1) await host.clock.sleep(Math.min(tries * 200, longestWaitMs))
      if (pending.length > 0) logger.error('what a run consumed could not be kept', { runId: actor.id, usages: pending })
    },
  }

  /** One after the other, so that counters are told in their order. @returns whether nothing is left to tell */
  function tell(): Promise<boolean> {
    telling = telling.then(tellPending)
    return telling
  }

  async function tellPending(): Promise<boolean> {
    while (pending.length > 0) {
      const usages = pending.slice(0, mostTogether)
      try {
        await perform({ runId: actor.id, usages, isResumed: keeper.isResumed })
      } catch (error) {
        if (EngineError.isInstance(error) && error.kind === 'unavailable') return false
        logger.error('what a run consumed was refused', { runId: actor.id, usages, error: String(error) })
      }
      pending.splice(0, usages.length)
    }
    return true
  }

  /** A run that was cancelled, or lost, has consumed no less. */
  async function perform(input: { runId: string; usages: readonly RunUsage[]; isResumed: boolean }): Promise<void> {
    try {
      await host.perform(actor, { name: 'runs.recordUsage', input })
    } catch (error) {
      if (!EngineError.isInstance(error) || (error.code !== 'lease_lost' && error.kind !== 'unauthenticated')) throw error
      await host.recordLateUsage(actor, { ...input, fence: actor.fence })
    }
  }

  return keeper
}

/** What is no count, such as the sum of something that a provider left out, counts nothing. */
function countedOf({ inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, costMicros, ...usage }: RunUsage): RunUsage {
  const { provider, model, billingType, cumulative } = usage
  return {
    inputTokens: countOf(inputTokens),
    outputTokens: countOf(outputTokens),
    cachedInputTokens: countOf(cachedInputTokens),
    ...(cacheWriteTokens !== undefined && { cacheWriteTokens: countOf(cacheWriteTokens) }),
    // What it cost is worked out only where nobody said so.
    ...(costMicros !== undefined && { costMicros: countOf(costMicros) }),
    ...(typeof provider === 'string' && { provider: provider.slice(0, 200) }),
    ...(typeof model === 'string' && { model: model.slice(0, 200) }),
    ...(billingType !== undefined && { billingType }),
    ...(cumulative === true && { cumulative }),
  }
}

function countOf(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? Math.min(Math.max(0, Math.round(value)), mostConsumed) : 0
}
