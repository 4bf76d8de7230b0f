import { defineErrors } from '../kernel/errors.ts'

export const budgetErrors = defineErrors({
  budget_exceeded: {
    kind: 'budget',
    cause: 'What is spent and held leaves less than this needs, under a hard limit.',
    help: 'The budget that the message names is used up, or what is left of it does not cover this. Raise it (`raise` says who may), or wait for its next period.',
  },
  run_cap_required: {
    kind: 'budget',
    cause:
      'The adapter tells only at the end what a run used, a hard limit of money is over the run, and its agent has no `maxCostMicrosPerRun`.',
    help: 'What a run may cost is held before it starts, so somebody has to say how much. Set `maxCostMicrosPerRun` of the agent that the message names (micro-dollars): its work goes on by that.',
  },
  budget_unavailable: {
    kind: 'budget',
    cause: 'A hard limit of money is over this call, and the model has no known price.',
    help: 'Nobody can say what this would cost, and a hard limit is over it. Set the price of the model, or use one whose price is known.',
  },
})
