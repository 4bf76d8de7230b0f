import { defineErrors } from '../kernel/errors.ts'

export const taskErrors = defineErrors({
  checkout_conflict: {
    kind: 'conflict',
    cause: 'A task has one owner at a time, and another run owns this one.',
    help: 'Somebody else owns this task; `holder` says who and since when. Take another task, or ask again later.',
  },
  task_blocked: { kind: 'rule', cause: 'The task waits for other tasks that are not done.', help: 'Tasks in `blockers` must end first.' },
  task_held: {
    kind: 'rule',
    cause: 'Somebody paused the task, or one above it, with everything below.',
    help: 'The task is in a subtree that is held; resume the task in `heldBy` first.',
  },
  strategy_required: {
    kind: 'rule',
    cause: 'The company was set up so that work begins with an approved strategy, and has none.',
    help: 'Nothing starts in this company before its first strategy is approved: request that approval.',
  },
  agent_unavailable: {
    kind: 'rule',
    cause: 'The agent is paused, not hired yet, gone, in error, or has as much work as it may have at once.',
    help: 'The agent can not take work now; the message says why and what would change that.',
  },
})
