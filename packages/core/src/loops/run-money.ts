import type { Allowance } from '../budgets/allowance.ts'
import { plus } from '../budgets/amounts.ts'
import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import type { Hold, Meter, MeteredCall, RunUsage } from '../ports/adapter.ts'
import type { FailureClass } from '../ports/run-contract.ts'
import type { RunHost } from './run-host.ts'

/** Why a run can not go on spending. */
interface Refusal {
  readonly class: Extract<FailureClass, 'quota' | 'config'>
  readonly message: string
  /** The budget that refused, where the refusal names one. */
  readonly budgetId?: string
}

const keys = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costMicros'] as const

type CountedUsage = Record<(typeof keys)[number], number>

/** The money of one run while it runs. */
export interface RunMoney {
  readonly meter: Meter
  /** What programs that have a cap of their own are told. */
  readonly cap: { readonly costMicros: number } | null
  /** What was used that is told with the end of the run. */
  readonly usage: CountedUsage
  /** Why it was refused, or stopped; null while it was not. */
  readonly refusal: Refusal | null
  /** Counts what was used; at the line the run is told to stop. */
  spend(usage: RunUsage): Promise<void>
  /** Stops the run when its time is used up. Resolves when that is so, or when the run has ended. */
  watchTime(ended: AbortSignal): Promise<void>
}

interface Given {
  readonly actor: RunActor
  /** Null where no hard budget is over the run: then nothing is asked for, and all is told at its end. */
  readonly allowance: Allowance | null
  readonly stop: AbortController
}

export function createRunMoney(host: RunHost, { actor, allowance, stop }: Given): RunMoney {
  const usage: CountedUsage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: 0 }
  let refusal: Refusal | null = null
  const capped = allowance?.costMicros ?? null
  let readings = 0

  function refuse(reason: Refusal): void {
    refusal ??= reason
    stop.abort('budget')
  }

  async function settle(used: RunUsage, holdId: string | null): Promise<void> {
    const input = { runId: actor.id, usage: plainUsage(used), ...(holdId !== null && { holdId }) }
    // A reading of the run has a number; the hold of a call is ended once by itself.
    const numbered = holdId === null || holdId === allowance?.holdId ? { ...input, sequence: (readings += 1) } : input
    // The registry's answer to costs.settle.
    const rest = (await host.perform(actor, { name: 'costs.settle', input: numbered })) as Rest
    const line = lineOf(rest, { isLimited: capped !== null })
    if (line) refuse(line)
  }

  async function reserve(call: MeteredCall): Promise<Hold> {
    if (!allowance) return { settle: async (used) => addTo(usage, used), release: async () => undefined }
    const { provider, model, inputTokens, maxOutputTokens } = call
    const input = { runId: actor.id, provider, model, inputTokens, maxOutputTokens }
    try {
      // The registry's answer to budgets.reserve.
      const { holdId } = (await host.perform(actor, { name: 'budgets.reserve', input })) as { holdId: string | null }
      return {
        settle: (used) => settle({ provider, model, ...used }, holdId),
        release: async () => {
          if (holdId !== null) await host.perform(actor, { name: 'budgets.release', input: { runId: actor.id, holdId } })
        },
      }
    } catch (error) {
      refusal ??= refusalOf(error)
      throw error
    }
  }

  return {
    meter: { reserve },
    cap: capped === null ? null : { costMicros: capped },
    usage,
    get refusal() {
      return refusal
    },
    async spend(used) {
      // Totals of a session are taken apart where the session is kept, at the end of the run.
      if (!allowance || used.cumulative) addTo(usage, used)
      else await settle(used, allowance.holdId)
    },
    async watchTime(ended) {
      const wallMs = allowance?.wallMs ?? null
      if (wallMs === null) return
      await host.clock.sleep(wallMs, ended)
      if (!ended.aborted) refuse({ class: 'quota', message: `The run took the ${wallMs} ms that its budget allowed it.` })
    },
  }
}

interface Rest {
  readonly isPriced: boolean
  readonly restMicros: number | null
  readonly restTokens: number | null
}

/** Why a run goes no further after a reading; null when it may. */
function lineOf({ isPriced, restMicros, restTokens }: Rest, { isLimited }: { isLimited: boolean }): Refusal | null {
  if (!isPriced && isLimited)
    return { class: 'config', message: 'Nobody knows what the run costs, and a hard limit is over it. Set the price of its model.' }
  if (restMicros !== null && restMicros <= 0) return { class: 'quota', message: 'The run has used the money that its budget allowed it.' }
  if (restTokens !== null && restTokens <= 0) return { class: 'quota', message: 'The run has used the tokens that its budget allowed it.' }
  return null
}

function refusalOf(error: unknown): Refusal | null {
  if (!EngineError.isInstance(error) || error.kind !== 'budget') return null
  const { budgetId } = error.details
  const isKnown = error.code === 'budget_exceeded'
  return { class: isKnown ? 'quota' : 'config', message: error.message, ...(typeof budgetId === 'string' && { budgetId }) }
}

function addTo(usage: CountedUsage, used: RunUsage): void {
  const counted = countedOf(used)
  for (const key of keys) usage[key] = plus(usage[key], counted[key] ?? 0)
}

/** The counts of what was used. What is no count, such as the sum of something that a provider left out, says nothing. */
function countedOf(used: RunUsage): Partial<CountedUsage> {
  const counted: { -readonly [Key in keyof CountedUsage]?: number } = {}
  for (const key of keys) {
    const value = used[key]
    if (value !== undefined && Number.isFinite(value)) counted[key] = Math.max(0, Math.round(value))
  }
  return counted
}

/** What an adapter said, as a call takes it. */
function plainUsage(used: RunUsage) {
  const { provider, model, billingType } = used
  return {
    ...countedOf(used),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(billingType !== undefined && { billingType }),
  }
}
