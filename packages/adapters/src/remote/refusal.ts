import type { RunOutcome } from '@engine/core/plugin'
import { OutboundError } from '@engine/outbound'

import { failed, stopped } from '../failures.ts'
import { connectionFailure } from './failures.ts'

/** An answer that ends the run. */
export class Refusal extends Error {
  readonly outcome: RunOutcome

  constructor(outcome: RunOutcome) {
    super('the run ends')
    this.outcome = outcome
  }
}

interface Limits {
  /** Of the turn. */
  readonly stop: AbortSignal
  readonly timeout: AbortSignal
  readonly timeoutSec: number
}

/** What ended a run that did not come to its end. @throws what is a defect of the adapter */
export function outcomeOfError(error: unknown, { stop, timeout, timeoutSec }: Limits): RunOutcome {
  if (stop.aborted) return stopped(stop.reason)
  if (timeout.aborted) return failed('timeout', `There was no outcome within ${timeoutSec} s.`)
  if (error instanceof Refusal) return error.outcome
  if (error instanceof OutboundError) return connectionFailure(error)
  throw error
}

/** Why an agent elsewhere could not be asked, for those who try its configuration. */
export function describeError(error: unknown): string {
  if (error instanceof OutboundError) return error.message
  return error instanceof Refusal && error.outcome.kind === 'failed' ? error.outcome.message : 'It could not be asked.'
}
