import type { Mutant } from '../mutant.ts'

const asked = (test: string) => ({ file: 'test/interactions.test.ts', test: `on sqlite > ${test}` })
const waiting = (test: string, storage = 'sqlite') => ({ file: 'test/interactions-waiting.test.ts', test: `on ${storage} > ${test}` })

/** Questions to people, and the runs that wait for answers. */
export const interactionFaults: readonly Mutant[] = [
  {
    name: 'a question takes a second answer',
    file: 'packages/core/src/interactions/change.ts',
    find: `  if (row.status === 'pending') return`,
    replace: `  if (row.version > 0) return`,
    caughtBy: asked('the first answer wins'),
  },
  {
    name: 'a question is answered by whoever asks to',
    file: 'packages/core/src/interactions/answerers.ts',
    find: `  if (mayAnswer(context, row)) return
`,
    replace: `  if (mayAnswer(context, row) || row.answerer !== 'anyone') return
`,
    caughtBy: asked('is answered by those who were asked only'),
  },
  {
    name: 'a question may be answered by a viewer whom it names',
    file: 'packages/core/src/interactions/answerers.ts',
    find: `  if (!roleReaches(member.role, leastRole.anyone))`,
    replace: `  if (!roleReaches(member.role, 'viewer'))`,
    caughtBy: asked('is answered by those who were asked only'),
  },
  {
    name: 'a question is expired before its time',
    file: 'packages/core/src/interactions/commands.ts',
    find: `row.expires_at > context.now) continue`,
    replace: `row.expires_at === '') continue`,
    caughtBy: asked('is expired by nobody before its time'),
  },
  {
    name: 'suggested tasks of a question are created by who may create none',
    file: 'packages/core/src/interactions/accept.ts',
    find: `  assertMay(context, 'tasks:create')
`,
    replace: `  assertMay(context, 'tasks:read')
`,
    caughtBy: asked('suggested tasks that are accepted'),
  },
  {
    name: 'a question holds its lease while its run waits',
    file: 'packages/core/src/runs/suspend.ts',
    find: `  if (lease) context.countLiveRun(lease.agent_id, -1)
`,
    replace: `  if (!lease) context.countLiveRun(run.agent_id, -1)
`,
    caughtBy: waiting('has no rights while it waits'),
  },
  {
    name: 'a question is overtaken by a checkout',
    file: 'packages/core/src/tasks/checkout.ts',
    find: `    .where(noWaitingRun)
`,
    replace: ``,
    caughtBy: waiting('has no rights while it waits'),
  },
  {
    name: 'a question is overtaken by a checkout among many',
    file: 'packages/core/src/tasks/claim-text.ts',
    find: `          and w.status = 'waiting'))`,
    replace: `          and w.status = 'never'))`,
    caughtBy: waiting('cannot be started, unblocked or retried', 'postgres'),
  },
  {
    name: 'a question is answered to another run than the one that asked',
    file: 'packages/core/src/tasks/claim-text.ts',
    find: `(q.fence is not null or q.agent_id <> coalesce(m.agent, t.assignee_agent_id))`,
    replace: `q.agent_id <> coalesce(m.agent, t.assignee_agent_id)`,
    caughtBy: waiting('has no rights while it waits', 'postgres'),
  },
  {
    name: 'a question is left open by the end of its task',
    file: 'packages/core/src/tasks/transition.ts',
    find: `  await withdrawInteractions(context, { taskId: task.id, reason })
`,
    replace: ``,
    caughtBy: waiting('is ended together with its question'),
  },
  {
    name: 'a question is left open by the end of its run',
    file: 'packages/core/src/runs/cancel.ts',
    find: `    await withdrawInteractions(context, { taskId: run.task_id, runId: run.id, reason: given.reason })
`,
    replace: ``,
    caughtBy: waiting('is ended together with its question'),
  },
  {
    name: 'a question of one agent keeps its task from another',
    file: 'packages/core/src/tasks/assign.ts',
    find: `  if (!waiting || waiting.agent_id === task.assignee_agent_id) return task
`,
    replace: `  if (!waiting || waiting.agent_id !== task.assignee_agent_id) return task
`,
    caughtBy: waiting('of a task that is given to another agent'),
  },
  {
    name: 'a question leaves a second run queued beside the one that waits',
    file: 'packages/core/src/runs/suspend.ts',
    find: `  if (queued) await cancelRun(context, queued, { verb: 'cancel', reason: 'joined_waiting_run' })
`,
    replace: ``,
    caughtBy: waiting('takes over what was queued behind it'),
  },
  {
    name: 'a question that is refused leaves its run to the sweep',
    file: 'packages/core/src/loops/conclude-run.ts',
    find: `(error.kind === 'invalid' || error.kind === 'rule' || error.code === 'illegal_transition')`,
    replace: `error.kind === 'too_large'`,
    caughtBy: waiting('that may not wait as it says'),
  },
]
