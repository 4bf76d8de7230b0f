import { defineErrors } from '../kernel/errors.ts'

export const costErrors = defineErrors({
  cost_conflict: {
    kind: 'conflict',
    help: 'The source has told of this event before with other amounts: `stored` is what counts. Report a correction as an event of its own.',
  },
  price_unknown: { kind: 'rule', help: 'Say `costMicros`, or set a price for this model, and report it again.' },
})
