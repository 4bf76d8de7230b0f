import { defineErrors, EngineError } from '../kernel/errors.ts'

export const routineErrors = defineErrors({
  stale_delivery: {
    kind: 'unauthenticated',
    cause: 'The time in the signed delivery is outside of the window, five minutes unless the trigger of a routine says otherwise.',
    help: 'The delivery is signed, but for another time: sign it again with the present time, and look at the clock of the sender.',
  },
  rate_limited: {
    kind: 'limited',
    cause: 'The trigger was called more often in a minute than it takes.',
    help: 'Wait as long as `retryAfterMs` says, then send it again.',
  },
})

/** For a delivery that is signed for another time. */
export function staleDelivery(windowSec: number): EngineError {
  return new EngineError(
    routineErrors.stale_delivery,
    `webhook-timestamp must be the present time in seconds; a delivery counts for ${windowSec} seconds before and after it.`,
    { details: { windowSec } },
  )
}
