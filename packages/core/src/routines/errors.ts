import { defineErrors } from '../kernel/errors.ts'

export const routineErrors = defineErrors({
  stale_delivery: {
    kind: 'unauthenticated',
    cause: 'The time in the signed delivery is outside of the window, five minutes unless the trigger says otherwise.',
    help: 'The delivery is signed, but for another time: sign it again with the present time, and look at the clock of the sender.',
  },
  rate_limited: {
    kind: 'limited',
    cause: 'The trigger was called more often in a minute than it takes.',
    help: 'Wait as long as `retryAfterMs` says, then send it again.',
  },
})
