import { z } from 'zod'

import { requireAgent } from '../../agents/change.ts'
import type { AgentTable } from '../../agents/table.ts'
import { RunRefusal } from '../../budgets/run-refusal.ts'
import { endHopelessWait } from '../../budgets/whole-runs.ts'
import { command } from '../../kernel/command.ts'
import { ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { assertTransition } from '../../kernel/transition.ts'
import { isoTime } from '../../ports/clock.ts'
import { checkoutTask } from '../../tasks/checkout.ts'
import type { TaskTable } from '../../tasks/table.ts'
import { requireTask } from '../../tasks/transition.ts'
import { beginRun } from '../begin.ts'
import { cancelAndRelease } from '../cancel.ts'
import { chooseAdapter } from '../choose-adapter.ts'
import { claimBatch } from '../claim-batch.ts'
import { aboutRun, requireRun, runRef } from '../end.ts'
import { lockExpiredLease } from '../lease.ts'
import { runMachine } from '../machine.ts'
import { stopRunaway } from '../runaway.ts'
import { Claim, ClaimedRun, Run, Session, Usage, type WakeReason } from '../schema.ts'
import { leaveSession } from '../session.ts'
import { changeRun } from '../sql.ts'
import { toRun, type RunTable } from '../table.ts'
import { settleLostRun } from '../settle.ts'
import { wake } from '../wake.ts'

export const claim = command({
  title: 'Start a queued run on a worker',
  description: 'A run that would only go in circles is cancelled instead, and its task blocked; there is no credential then.',
  input: Claim,
  output: ClaimedRun,
  access: { scope: 'engine:internal', company: 'run' },
  locks: 'rows',
  batch: claimBatch,
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    assertTransition(runMachine, run.status, { to: 'running', verb: 'claim' })
    const task = await requireTask(context, run.task_id)
    const agent = await requireAgent(context, run.agent_id)
    refuseOthersWork({ run, task, agent })
    if (await stopRunaway(context, { run, task, agent })) return { run: toRun(await requireRun(context, run.id)), credential: null }
    const types = input.adapters ?? context.adapters.types
    // Its own decides who executes an agent, and it may have got another one since the worker looked, if that looked at all.
    if (!types.includes(agent.adapter_type))
      throw ruleViolated(`The worker has not the adapter ${agent.adapter_type}, which decides who executes this agent.`)
    const adapter = await chooseAdapter(context, { run, task, agent, types })
    const { workerId } = input
    const claimed = await checkoutTask(context, { task, agent, runId: run.id, workerId, adapterType: adapter.adapter_type })
    const begun = await beginRun(context, run, { fence: claimed.task.fence, workerId, adapter, isBudgeted: claimed.isBudgeted })
    return { run: toRun(begun.run), credential: begun.credential }
  },
})

/** What a look for work leaves out: a worker may claim without one, or a task may have changed since. @throws `rule_violated` */
function refuseOthersWork({ run, task, agent }: { run: RunTable; task: TaskTable; agent: AgentTable }): void {
  if (task.status !== 'todo') throw ruleViolated(`${task.identifier} is ${task.status}; only what is todo starts for an agent.`)
  if (task.assignee_user_id !== null) throw ruleViolated(`${task.identifier} is a person's, who checks it out by hand.`)
  if (run.started_at !== null && run.adapter_type === null && agent.execution_mode !== 'auto')
    throw ruleViolated(`${agent.name} began this run, and goes on with it when it takes ${task.identifier} again.`)
}

/** How long a run waits whose budget has no room for it while others run, milliseconds; about as long again by chance. */
const postponedMs = 5_000

export const postpone = command({
  title: 'Let a queued run wait for room in its budget',
  description: 'Where waiting is of no use, it does not: its agent, its task or the work under that limit stops, with the reason.',
  input: z.strictObject({ runId: Id, refusal: RunRefusal }),
  output: Run,
  access: { scope: 'engine:internal', company: 'run' },
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    if (run.status !== 'queued') {
      context.unchanged()
      return toRun(run)
    }
    if (await endHopelessWait(context, run, input.refusal)) return toRun(await requireRun(context, run.id))
    const availableAt = isoTime(context.clock.now() + Math.round(postponedMs * (1 + context.random())))
    const next = await changeRun(context, run, { available_at: availableAt })
    const reasons: WakeReason[] = JSON.parse(next.wake_reasons)
    context.emit('run.queued', runRef(next), { ...aboutRun(next), reasons, availableAt })
    return toRun(next)
  },
})

export const sweep = command({
  title: 'Take the task back from a run whose lease ran out',
  input: z.strictObject({ runId: Id }),
  output: Run,
  access: { scope: 'engine:internal', company: 'run' },
  whenArchived: 'what still runs there has to end',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    // It may have been renewed since it was seen.
    const lease = await lockExpiredLease(context.tx, { runId: run.id, now: context.now })
    if (!lease) {
      context.unchanged()
      return toRun(run)
    }
    return toRun(await settleLostRun(context, run, lease))
  },
})

export const handBack = command({
  title: 'Give a run back because its worker stops',
  description: 'The task is claimable at once, and no attempt is burned.',
  input: z.strictObject({ runId: Id, reason: z.string().max(200), usage: Usage.optional(), session: Session.optional() }),
  output: Run,
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/hand-back'],
  whenArchived: 'what still runs there has to end',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    const ended = await cancelAndRelease(context, run, { verb: 'release', reason: input.reason, usage: input.usage })
    await leaveSession(context, ended, input)
    const task = await requireTask(context, run.task_id)
    const agent = await requireAgent(context, run.agent_id)
    if (task.status === 'todo') await wake(context, { agent, task, reason: 'retry', attempt: run.attempt, retryOf: run.id })
    return toRun(ended)
  },
})
