import { setAgentStatus } from '../agents/change.ts'
import { findAgent } from '../agents/sql.ts'
import { askAndWait } from '../interactions/wait.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { isoTime } from '../ports/clock.ts'
import type { KeptOutcome, RunOutcome } from '../ports/run-contract.ts'
import type { RunUsage } from '../ports/adapter.ts'
import type { TaskTable } from '../tasks/table.ts'
import { moveTask, requireTask, taskRef } from '../tasks/transition.ts'
import { judgeOutcome } from '../breakers/outage.ts'
import { budgetErrors } from '../budgets/errors.ts'
import { noteRefusal } from '../budgets/refusal.ts'
import { attemptOf } from './attempts.ts'
import { aboutRun, endRun, keepLastUsage, outcomeChanges, runRef } from './end.ts'
import { settle, settleLost, type Settlement, type SettlementFacts } from './settlement.ts'
import type { LeaseTable, RunTable } from './table.ts'
import { isWokenBySystem, wake } from './wake.ts'

interface Report {
  readonly outcome: RunOutcome
  readonly usage?: RunUsage | undefined
  readonly budgetId?: string | undefined
  readonly isOverBudget?: boolean | undefined
  readonly isUnpriced?: boolean | undefined
  readonly refusalCode?: string | undefined
}

/** What was finished is finished; but a limit of money holds nothing for an agent whose use nobody can price. */
const unpricedUse = {
  message: 'Nobody knows what its last run costs, and a hard limit is over it. Set the price of its model, then resume it.',
  code: budgetErrors.budget_unavailable.code,
}

/** Ends a run with its outcome, or lets it wait, in one transaction with everything that follows from it. */
export async function settleRun(context: CommandContext, reported: RunTable, report: Report): Promise<RunTable> {
  const { usage, isUnpriced = false } = report
  assertMaySay(reported, report)
  const told = usage ? await keepLastUsage(context, reported, usage) : reported
  const outcome = await judgeOutcome(context, told, keptOutcome(report))
  const task = await requireTask(context, told.task_id)
  const run = outcome.kind === 'failed' ? { ...told, attempt: await attemptOf(context, told, task) } : told
  if (outcome.kind === 'waiting') {
    const { interaction: request } = outcome
    return (await askAndWait(context, { run, task, request })).run
  }
  const isByBudget = outcome.kind === 'failed' && outcome.class === 'quota' && (await noteRefusal(context, { run, task, ...report }))
  const settled = settle(outcome, { ...factsOf(context, run, task), isByBudget })
  const settlement = { ...settled, agentError: settled.agentError ?? (isUnpriced ? unpricedUse : null) }
  const ended = await endRun(context, run, {
    status: settlement.runStatus,
    verb: 'report',
    isByBudget,
    changes: { ...outcomeChanges(outcome), attempt: run.attempt },
  })
  if (outcome.kind === 'failed') await emitFailure(context, { run: ended, task, outcome, settlement })
  else context.emit('run.succeeded', runRef(ended), { ...aboutRun(ended), outcome: outcome.kind })
  await followUp(context, { run: ended, task, settlement, verb: 'report' })
  return ended
}

/**
 * What Engine itself found out about a run is told by the worker that executes it. Who works with nothing but the credential of a checkout is
 * no worker: people would be led to prices or limits by what an agent made up. @throws `rule_violated`
 */
function assertMaySay({ adapter_type: adapterType }: RunTable, { isUnpriced, refusalCode }: Report): void {
  if (adapterType !== null || (!isUnpriced && refusalCode === undefined)) return
  const field = isUnpriced ? 'isUnpriced' : 'refusalCode'
  throw ruleViolated(`${field}: only a worker says this, of a run that it executes. Leave it out, and say what happened in the outcome.`)
}

/** An outcome with the error of Engine that a run failed by; one that ended otherwise keeps its reason. Pure. */
function keptOutcome({ outcome, isUnpriced, refusalCode }: Report): KeptOutcome {
  if (outcome.kind !== 'failed') return outcome
  const code = isUnpriced && outcome.class === 'config' ? unpricedUse.code : refusalCode
  return code === undefined ? outcome : { ...outcome, code }
}

/** Takes a task back from a run whose lease ran out. */
export async function settleLostRun(context: CommandContext, silent: RunTable, lease: LeaseTable): Promise<RunTable> {
  const task = await requireTask(context, silent.task_id)
  const run = { ...silent, attempt: await attemptOf(context, silent, task) }
  const settlement = settleLost(factsOf(context, run, task))
  const changes = { error_message: `no sign of life since before ${lease.expires_at}`, attempt: run.attempt }
  const ended = await endRun(context, run, { status: 'lost', verb: 'sweep', changes })
  context.emit('run.lost', runRef(ended), { ...aboutRun(ended), expiredAt: lease.expires_at })
  await followUp(context, { run: ended, task, settlement, verb: 'recover' })
  return ended
}

function factsOf(context: CommandContext, run: RunTable, task: TaskTable): SettlementFacts {
  return {
    taskStatus: task.status,
    attempt: run.attempt,
    maxAttempts: task.max_attempts,
    hasBreaker: run.adapter_type !== null,
    isByBudget: false,
    settings: context.settings,
    random: context.random,
  }
}

interface Failure {
  readonly run: RunTable
  readonly task: TaskTable
  readonly outcome: Extract<KeptOutcome, { kind: 'failed' }>
  readonly settlement: Settlement
}

async function emitFailure(context: CommandContext, { run, task, outcome, settlement }: Failure): Promise<void> {
  const agent = await findAgent(context.tx, run.agent_id)
  const willRetry = settlement.next !== null && agent !== null && isWokenBySystem(agent)
  const what = { class: outcome.class, message: outcome.message }
  context.emit(settlement.runStatus === 'timed_out' ? 'run.timed_out' : 'run.failed', runRef(run), { ...aboutRun(run), ...what })
  context.emit('task.execution_failed', taskRef(task), { runId: run.id, ...what, willRetry })
}

interface FollowUp {
  readonly run: RunTable
  readonly task: TaskTable
  readonly settlement: Omit<Settlement, 'runStatus'>
  readonly verb: 'report' | 'recover'
}

async function followUp(context: CommandContext, { run, task, settlement, verb }: FollowUp): Promise<void> {
  const { move, next, agentError } = settlement
  const moved = move ? await moveTask(context, task, { ...move, verb }) : task
  if (agentError === null && next === null) return
  const agent = await findAgent(context.tx, run.agent_id)
  if (!agent) throw notFound('agent', run.agent_id)
  if (agentError !== null && agent.status === 'idle') {
    await setAgentStatus(context, agent, { to: 'error', reason: agentError.message, error: agentError })
  }
  if (!next || moved.status !== 'todo') return
  const availableAt = isoTime(context.clock.now() + next.afterMs)
  await wake(context, { agent, task: moved, reason: next.reason, availableAt, attempt: next.attempt, retryOf: run.id })
}
