import type { Allowance } from '../budgets/allowance.ts'
import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import type { Hold, Meter, MeteredCall, RunUsage } from '../ports/adapter.ts'
import type { FailureClass } from '../ports/run-contract.ts'
import type { TraceContext } from '../ports/telemetry.ts'
import type { RunHost } from './run-host.ts'
import type { UsageKeeper } from './usage-keeper.ts'

/** Why a run can not go on spending. */
interface Refusal {
  readonly class: Extract<FailureClass, 'quota' | 'config'>
  readonly message: string
  /** Of the error that a call was refused by. */
  readonly code?: string
  /** The budget that refused, where the refusal names one. */
  readonly budgetId?: string
  /** It used what nobody knows the price of. */
  readonly isUnpriced?: true
}

/** The money of one run while it runs. */
export interface RunMoney {
  readonly meter: Meter
  /** What programs that have a cap of their own are told. */
  readonly cap: { readonly costMicros: number } | null
  /** Why it was refused, or stopped; null while it was not. */
  readonly refusal: Refusal | null
  /** Counts what was used; at the line the run is told to stop. */
  spend(usage: RunUsage): Promise<void>
  /** Stops the run when its time is used up. Resolves when that is so, or when the run has ended. */
  watchTime(ended: AbortSignal): Promise<void>
}

interface Given {
  readonly actor: RunActor
  /** Null where no hard budget is over the run: then nothing is asked for. */
  readonly allowance: Allowance | null
  readonly usage: UsageKeeper
  readonly stop: AbortController
  /** Of the run. */
  readonly trace: TraceContext | undefined
}

export function createRunMoney(host: RunHost, { actor, allowance, usage, stop, trace }: Given): RunMoney {
  let refusal: Refusal | null = null
  const capped = allowance?.costMicros ?? null

  function refuse(reason: Refusal): void {
    refusal ??= reason
    stop.abort('budget')
  }

  /** What can not be told now, or not by this run any more, is kept as what any run consumed; its number makes it count once. */
  async function settle(used: RunUsage, holdId: string | null): Promise<void> {
    const numbered = usage.number(used)
    const { sequence, ...counted } = numbered
    const input = { runId: actor.id, sequence, isResumed: usage.isResumed, usage: counted, ...(holdId !== null && { holdId }) }
    try {
      // The registry's answer to costs.settle.
      const rest = (await host.perform(actor, { name: 'costs.settle', input })) as Rest
      const line = lineOf(rest, { isLimited: capped !== null })
      if (line) refuse(line)
    } catch (error) {
      if (!isOutOfReach(error)) throw error
      await usage.add(numbered)
    }
  }

  async function reserve(call: MeteredCall): Promise<Hold> {
    const { provider, model, inputTokens, maxOutputTokens } = call
    if (!allowance) return { settle: (used) => usage.add(usage.number({ provider, model, ...used })), release: async () => undefined }
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
    meter: { reserve: (call) => traceCall(host, { call, trace, reserve }) },
    cap: capped === null ? null : { costMicros: capped },
    get refusal() {
      return refusal
    },
    spend: (used) => (allowance ? settle(used, allowance.holdId) : usage.add(usage.number(used))),
    async watchTime(ended) {
      const wallMs = allowance?.wallMs ?? null
      if (wallMs === null) return
      await host.clock.sleep(wallMs, ended)
      if (!ended.aborted) refuse({ class: 'quota', message: `The run took the ${wallMs} ms that its budget allowed it.` })
    },
  }
}

interface MeteredSpan {
  readonly call: MeteredCall
  readonly trace: TraceContext | undefined
  readonly reserve: Meter['reserve']
}

/** A call of a model lasts from the moment that its money is held until it is told what it used. */
async function traceCall({ tracing }: RunHost, { call, trace: parent, reserve }: MeteredSpan): Promise<Hold> {
  const { provider, model, maxOutputTokens } = call
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'gen_ai.request.max_tokens': maxOutputTokens,
  }
  const span = tracing.begin(`chat ${model}`, { kind: 'client', attributes, parent })
  try {
    const hold = await reserve(call)
    return {
      async settle(used) {
        span.set({ 'gen_ai.usage.input_tokens': used.inputTokens ?? 0, 'gen_ai.usage.output_tokens': used.outputTokens ?? 0 })
        if (used.model !== undefined) span.set({ 'gen_ai.response.model': used.model })
        span.end()
        await hold.settle(used)
      },
      async release() {
        span.end('released')
        await hold.release()
      },
    }
  } catch (error) {
    span.end(error)
    throw error
  }
}

function isOutOfReach(error: unknown): boolean {
  return EngineError.isInstance(error) && (error.code === 'lease_lost' || error.kind === 'unauthenticated' || error.kind === 'unavailable')
}

interface Rest {
  readonly isPriced: boolean
  readonly restMicros: number | null
  readonly restTokens: number | null
}

/** Why a run goes no further after a reading; null when it may. */
function lineOf({ isPriced, restMicros, restTokens }: Rest, { isLimited }: { isLimited: boolean }): Refusal | null {
  if (!isPriced && isLimited)
    return {
      class: 'config',
      message: 'Nobody knows what the run costs, and a hard limit is over it. Set the price of its model.',
      isUnpriced: true,
    }
  if (restMicros !== null && restMicros <= 0) return { class: 'quota', message: 'The run has used the money that its budget allowed it.' }
  if (restTokens !== null && restTokens <= 0) return { class: 'quota', message: 'The run has used the tokens that its budget allowed it.' }
  return null
}

function refusalOf(error: unknown): Refusal | null {
  if (!EngineError.isInstance(error) || error.kind !== 'budget') return null
  const { code, message, details } = error
  const { budgetId } = details
  return { class: code === 'budget_exceeded' ? 'quota' : 'config', message, code, ...(typeof budgetId === 'string' && { budgetId }) }
}
