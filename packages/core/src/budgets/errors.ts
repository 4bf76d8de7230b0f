import { defineErrors } from '../kernel/errors.ts'

export const budgetErrors = defineErrors({
  budget_exceeded: {
    kind: 'budget',
    cause: 'What is spent and held leaves less than this needs, under a hard limit.',
    help: 'The budget that the message names is used up, or what is left of it does not cover this. Raise it (`raise` says who may), or wait for its next period.',
  },
  budget_unavailable: {
    kind: 'budget',
    cause: 'A hard limit of money is over this call, and the model has no known price.',
    help: 'Nobody can say what this would cost, and a hard limit is over it. Set the price of the model, or use one whose price is known.',
  },
})
