import { defineErrors } from '../kernel/errors.ts'

export const taskErrors = defineErrors({
  checkout_conflict: {
    kind: 'conflict',
    help: 'Somebody else owns this task; `holder` says who and since when. Take another task, or ask again later.',
  },
  task_blocked: { kind: 'rule', help: 'Tasks in `blockers` must end first.' },
  task_held: { kind: 'rule', help: 'The task is in a subtree that is held; resume the task in `heldBy` first.' },
  strategy_required: { kind: 'rule', help: 'Nothing starts in this company before its first strategy is approved: request that approval.' },
  agent_unavailable: { kind: 'rule', help: 'The agent can not take work now; the message says why and what would change that.' },
})
