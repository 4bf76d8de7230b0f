import type { FailureClass, RunOutcome } from '@engine/core/plugin'

import { failed, type Failed } from '../failures.ts'
import { describeExit, failureOfEnd, type Fault, type StopCause } from '../program/outcome.ts'
import type { ProgramEnd } from '../program/supervisor.ts'
import type { CliDefinition } from './definition.ts'
import type { Ending } from './collector.ts'

export interface CliFacts {
  readonly end: ProgramEnd
  readonly stop: StopCause | null
  readonly fault: Fault | null
  readonly ending: Ending | null
  /** How long a limit of the provider still lasts. */
  readonly waitMs: number | null
  readonly exitCodes: CliDefinition<never>['exitCodes']
  readonly errorTail: string
}

/** Why a run failed, the strongest reason first; null when its result can be handed in. */
export function failureOf(facts: CliFacts): Failed | null {
  const { end, stop, fault, ending } = facts
  if (fault) return failed(fault.class, fault.message)
  const failure = failureOfEnd(end, stop)
  if (failure) return failure
  if (ending?.type === 'failure') return failureOfLine(ending, facts.waitMs)
  if (end.type === 'exited' && end.code === 0 && ending) return null
  return failureOfExit(facts)
}

const limits: ReadonlySet<FailureClass> = new Set(['rate_limited', 'quota', 'overloaded'])
const longestWaitMs = 86_400_000

function failureOfLine(ending: Extract<Ending, { type: 'failure' }>, waitMs: number | null): Failed {
  const failure = { ...failed(ending.class, ending.message), ...(ending.isProviderFault === true && { isProviderFault: true }) }
  const retryAfterMs = ending.retryAfterMs ?? (limits.has(ending.class) ? waitMs : null)
  if (retryAfterMs === null) return failure
  return { ...failure, retryAfterMs: Math.min(longestWaitMs, Math.max(0, Math.round(retryAfterMs))) }
}

function failureOfExit({ end, exitCodes, errorTail }: CliFacts): Failed {
  if (end.type === 'exited' && end.code === 0) return failed('unknown', 'The program ended without the line that says how its work went.')
  const known = end.type === 'exited' && end.code !== null ? exitCodes?.[end.code] : undefined
  if (known) return failed(known.class, `${known.means}\n${describeExit(end, { errorTail })}`)
  return failed('unknown', describeExit(end, { errorTail }))
}

const maxSummaryLength = 10_000

/** The outcome of work whose result has been handed in. */
export function succeeded(onResult: 'deliverable' | 'done', text: string): RunOutcome {
  if (onResult === 'deliverable') return { kind: 'needs_review' }
  return { kind: 'done', ...(text !== '' && { summary: text.slice(0, maxSummaryLength).toWellFormed() }) }
}
