import type { z } from 'zod'

import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { RunOutcome } from '../ports/run-contract.ts'
import type { Report } from '../runs/schema.ts'
import { printable } from './printable.ts'
import type { RunHost } from './run-host.ts'
import type { RunMoney } from './run-money.ts'
import { toldOutcome } from './told-outcome.ts'

/** What a run leaves behind when it ends, besides its outcome. */
export interface Left {
  /** Absent when it did not begin. */
  money?: RunMoney
  /** What the next run goes on from; absent when the adapter said nothing about it. */
  session?: JsonObject | null
}

interface Conclusion {
  /** What its adapter ended with, by `plainOutcome`. */
  readonly outcome: unknown
  readonly left: Left
  /** Why the run was told to stop, if it was. */
  readonly reason: string | null
}

/** How often the end of a run is reported before it is left to the sweep of its lease; with the waits between, about 20 seconds. */
const reportTries = 15
const longestReportWaitMs = 2_000

/** Tells Engine how a run ended, under its rights; nothing for one that has ended otherwise meanwhile. */
export async function conclude(host: RunHost, actor: RunActor, conclusion: Conclusion): Promise<void> {
  const { left, reason } = conclusion
  const rest = restOf(left)
  const told = RunOutcome.safeParse(toldOutcome(conclusion.outcome, host.redactors.get(actor.id)?.redactor))
  const outcome = withRefusal(told.success ? told.data : noneOf(told.error), conclusion)
  if (reason === 'cancelled' || reason === 'waiting' || reason === 'lease_lost' || reason === 'lease_not_renewed') return
  // What was finished in spite of the stop is finished.
  if (reason === 'host_stopping' && outcome.kind === 'failed')
    return report(host, actor, { name: 'runs.handBack', input: { reason, ...rest } })
  const message = await refusalOf(
    report(host, actor, { name: 'runs.report', input: { outcome, ...rest, ...refusedBy(conclusion, outcome) } }),
  )
  if (message === null) return
  return report(host, actor, { name: 'runs.report', input: { outcome: badRequest(message), ...rest } })
}

function badRequest(message: string): RunOutcome {
  return { kind: 'failed', class: 'bad_request', message: printable(message.slice(0, 2_000)) }
}

function noneOf({ issues }: z.ZodError): RunOutcome {
  return badRequest(`The adapter ended with an outcome that is none: ${issues.map((issue) => issue.message).join('; ')}`)
}

/** What is told with the end of a run. */
function restOf({ session }: Left): { session?: JsonObject | null } {
  return session === undefined ? {} : { session }
}

/** A run that was stopped at its limit failed for that, whatever its adapter makes of it; what was finished in spite of the stop is finished. */
function withRefusal(outcome: RunOutcome, { left, reason }: Conclusion): RunOutcome {
  const refusal = left.money?.refusal
  if (!refusal || outcome.kind !== 'failed' || reason !== 'budget') return outcome
  return { kind: 'failed', class: refusal.class, message: refusal.message }
}

type Refused = Pick<z.input<typeof Report>, 'isOverBudget' | 'budgetId' | 'isUnpriced' | 'refusalCode'>

/** That a budget did not let it go on, and which; or that nobody knows what it used costs. */
function refusedBy({ left }: Conclusion, outcome: RunOutcome): Refused {
  const refusal = left.money?.refusal
  if (refusal?.isUnpriced) return { isUnpriced: true }
  if (!refusal || outcome.kind !== 'failed') return {}
  // Its adapter says what came of the call that was refused; by which error that was, Engine knows.
  const code = outcome.class === refusal.class && refusal.code !== undefined ? { refusalCode: refusal.code } : {}
  if (outcome.class !== 'quota') return code
  return { ...code, isOverBudget: true, ...(refusal.budgetId !== undefined && { budgetId: refusal.budgetId }) }
}

/** Why an outcome was refused, as when a run asks somebody who is not there; null when it was taken. */
async function refusalOf(reported: Promise<void>): Promise<string | null> {
  try {
    await reported
    return null
  } catch (error) {
    const isRefusal =
      EngineError.isInstance(error) && (error.kind === 'invalid' || error.kind === 'rule' || error.code === 'illegal_transition')
    if (!isRefusal) throw error
    return `The outcome of the run was refused: ${error.message}`
  }
}

async function report(host: RunHost, actor: RunActor, { name, input }: { name: string; input: object }): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await host.perform(actor, { name, input: { runId: actor.id, ...input } })
      return
    } catch (error) {
      if (EngineError.isInstance(error) && error.code === 'lease_lost') return
      const isPassing = EngineError.isInstance(error) && error.kind === 'unavailable'
      if (!isPassing || tries >= reportTries) throw error
      await host.clock.sleep(Math.min(tries * 200, longestReportWaitMs))
    }
  }
}
