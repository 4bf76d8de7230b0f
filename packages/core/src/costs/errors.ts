import { defineErrors } from '../kernel/errors.ts'

export const costErrors = defineErrors({
  cost_conflict: {
    kind: 'conflict',
    cause: 'A cost with this source and id was reported before, with other content.',
    help: 'The source has told of this event before with other amounts: `stored` is what counts. Report a correction as an event of its own.',
  },
  price_unknown: {
    kind: 'rule',
    cause: 'The cost has no amount, and no price is known for its provider and model at its time.',
    help: 'Say `costMicros`, or set a price for this model, and report it again.',
  },
})
