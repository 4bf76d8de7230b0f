import { defineErrors } from '../kernel/errors.ts'

export const routineErrors = defineErrors({
  stale_delivery: {
    kind: 'unauthenticated',
    help: 'The delivery is signed, but for another time: sign it again with the present time, and look at the clock of the sender.',
  },
  rate_limited: { kind: 'limited', help: 'Wait as long as `retryAfterMs` says, then send it again.' },
})
