import { EngineError, type FailureClass, type RunOutcome } from '@engine/core/plugin'

export type Failed = Extract<RunOutcome, { kind: 'failed' }>

export const longestMessage = 2_000

export function failed(failureClass: FailureClass, message: string, retryAfterMs?: number): Failed {
  return {
    kind: 'failed',
    class: failureClass,
    message: message.slice(0, longestMessage),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Thrown where a run can not go on: it ends with this outcome. */
export class Refusal extends Error {
  readonly outcome: Failed

  constructor(outcome: Failed, cause?: unknown) {
    super(outcome.message, { cause })
    this.outcome = outcome
  }
}

/** What an error says, or the reason of a signal, whatever it is. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** How a run ends that the host stopped. */
export function stopped(reason: unknown): Failed {
  return failed('transient', `stopped: ${messageOf(reason)}`)
}

/** Why the host did not take what an agent said: it can not be stored, or the host is in trouble that will pass. */
export function classOfRefusal(error: unknown): 'bad_request' | 'transient' {
  return EngineError.isInstance(error) && (error.kind === 'unavailable' || error.kind === 'limited') ? 'transient' : 'bad_request'
}
