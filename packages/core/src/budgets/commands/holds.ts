import { z } from 'zod'

import type { RunActor } from '../../kernel/actor.ts'
import { leaseLost } from '../../kernel/authorize.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError, notFound } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { upperBoundOf } from '../../prices/cost.ts'
import { findPrice } from '../../prices/find.ts'
import { requireRun } from '../../runs/end.ts'
import { holdLease } from '../../runs/lease.ts'
import type { RunTable } from '../../runs/table.ts'
import { findTask } from '../../tasks/sql.ts'
import { nothing, type Spender } from '../amounts.ts'
import { budgetErrors } from '../errors.ts'
import { holdMoney, releaseHold } from '../holds.ts'
import { assertWithinRun } from '../run-cap.ts'
import { budgetsOver, lockHold } from '../sql.ts'

const Tokens = z.number().int().min(0).max(1_000_000_000)

const MeteredCall = z.strictObject({
  runId: Id,
  provider: z.string().min(1).max(200),
  model: z.string().min(1).max(200),
  inputTokens: Tokens.describe('At most.'),
  maxOutputTokens: Tokens,
})

export const reserve = command({
  title: 'Set aside what a call of a model may cost, before it is made',
  description:
    'Of every hard budget over the run, or of none. What it did cost is said with costs.settle; what was never sent is given back with budgets.release. What is left open ends with its run.',
  input: MeteredCall,
  output: z.object({ holdId: Id.nullable().describe('Null when no hard limit is over the run, so nothing is held.') }),
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/holds'],
  creates: true,
  unaudited: 'a hold only sets a part of a limit aside; what it becomes is recorded as a cost',
  locks: 'rows',
  async handle(context, call) {
    const run = await requireRun(context, call.runId)
    await assertLeased(context, run)
    const task = await findTask(context.tx, run.task_id)
    const spender = { companyId: context.companyId, agentId: run.agent_id, projectId: task?.project_id ?? null, taskId: run.task_id }
    const { costMicros, mostPerRun } = await boundOf(context, spender, call)
    const amounts = { ...nothing, costMicros, tokens: call.inputTokens + call.maxOutputTokens }
    const called = { provider: call.provider, model: call.model }
    const hold = await holdMoney(context, { ...spender, runId: run.id, kind: 'call', called, amounts })
    // Of two calls of a run at once, the one that held last sees both.
    if (mostPerRun !== null) await assertWithinRun(context, { runId: run.id, agentId: run.agent_id, mostPerRun, needed: costMicros })
    return { holdId: hold?.id ?? null }
  },
})

/** What is held ends together with the lease of its run; for a run that has none it would stay held. @throws `lease_lost` */
async function assertLeased(context: CommandContext, { id, company_id, agent_id, task_id, fence }: RunTable): Promise<void> {
  // A run that calls for itself holds it already.
  if (context.actor.kind === 'run') return
  const actor: RunActor = { kind: 'run', id, companyId: company_id, agentId: agent_id, taskId: task_id, fence: fence ?? -1 }
  if (!(await holdLease(context.tx, actor))) throw leaseLost(actor)
}

interface Bound {
  readonly costMicros: number
  /** What the whole run may cost; null where nothing says. */
  readonly mostPerRun: number | null
}

/** What a call may cost at most. @throws `budget_unavailable` when nobody knows and a hard limit is over it */
async function boundOf(context: CommandContext, spender: Spender, call: z.output<typeof MeteredCall>): Promise<Bound> {
  const limits = (await budgetsOver(context.tx, spender)).filter(({ is_hard: isHard, metric }) => isHard === 1 && metric === 'micros')
  const [limit] = limits
  if (!limit) return { costMicros: 0, mostPerRun: null }
  const { provider, model } = call
  const price = await findPrice(context, { companyId: context.companyId, provider, model, at: new Date(context.now) })
  if (price) return { costMicros: upperBoundOf(price, call), mostPerRun: limit.most_per_run }
  throw new EngineError(
    budgetErrors.budget_unavailable,
    `Nobody knows what ${model} of ${provider} costs, and a hard limit is over this run, so the call is not made. Set its price, or use a model whose price is known.`,
    { details: { provider, model, budgetIds: limits.map(({ id }) => id) } },
  )
}

export const release = command({
  title: 'Give back what was set aside for a call that was never sent',
  input: z.strictObject({ runId: Id, holdId: Id }),
  output: z.object({ holdId: Id }),
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/release-hold'],
  unaudited: 'nothing was used, so there is nothing to tell of',
  locks: 'rows',
  async handle(context, { runId, holdId }) {
    const hold = await lockHold(context.tx, { companyId: context.companyId, id: holdId })
    if (hold?.run_id !== runId || hold.kind !== 'call') throw notFound('hold', holdId)
    await releaseHold(context, hold.id)
    return { holdId: hold.id }
  },
})
