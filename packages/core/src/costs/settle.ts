import { z } from 'zod'

import type { Amounts, Spender } from '../budgets/amounts.ts'
import { chargeBudgets } from '../budgets/charge.ts'
import { drawFromHold, postHold } from '../budgets/holds.ts'
import { lockHold } from '../budgets/sql.ts'
import type { BudgetHoldTable } from '../budgets/table.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { costOf } from '../prices/cost.ts'
import { findPrice } from '../prices/find.ts'
import { requireRun } from '../runs/end.ts'
import { Usage } from '../runs/schema.ts'
import { addUsage } from '../runs/sql.ts'
import type { RunTable } from '../runs/table.ts'
import { requireTask } from '../tasks/transition.ts'
import type { TaskTable } from '../tasks/table.ts'
import { recordCost } from './record.ts'

const MeteredUsage = z.strictObject({
  ...Usage.shape,
  provider: z.string().min(1).max(200).optional(),
  model: z.string().min(1).max(200).optional(),
  billingType: z.enum(['metered', 'subscription', 'credits', 'unknown']).optional(),
})

const Rest = z.number().int().nullable()

export const settle = command({
  title: 'Say what a run has used, while it runs',
  description:
    'With a hold of a call, that hold ends: once, however often it is said. With the hold of the run, it is drawn from that, and the answer says what is left. It counts as usage of the run; do not report it again at the end.',
  input: z.strictObject({
    runId: Id,
    holdId: Id.optional(),
    sequence: z.number().int().min(0).optional().describe('Which reading of the run it is, so that one that is said again counts once.'),
    usage: MeteredUsage,
  }),
  output: z.object({
    costMicros: z.number().int(),
    isPriced: z.boolean().describe('False when nobody knows what it costs.'),
    restMicros: Rest.describe('What is left of the hold of the run; null when nothing limits it.'),
    restTokens: Rest,
  }),
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/settle'],
  whenArchived: 'what was spent there has to be counted',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    const hold = input.holdId === undefined ? null : await requireHold(context, { id: input.holdId, runId: run.id })
    const priced = await priceOf(context, input.usage)
    // Of a call whose price is not known any more, what was held for it stands for what it did cost.
    const costMicros = priced ?? (hold?.kind === 'call' ? (hold.cost_micros ?? 0) : 0)
    const answer = { costMicros, isPriced: priced !== null, restMicros: null, restTokens: null }
    if (hold?.kind === 'call' && (hold.status === 'posted' || hold.status === 'released')) {
      context.unchanged()
      return answer
    }
    const task = await requireTask(context, run.task_id)
    await record(context, { run, task, input, costMicros })
    const { inputTokens = 0, outputTokens = 0 } = input.usage
    const rest = await book(context, { run, task, hold, amounts: { costMicros, tokens: inputTokens + outputTokens, runs: 0, wallMs: 0 } })
    return { ...answer, ...rest }
  },
})

async function requireHold(context: CommandContext, given: { id: string; runId: string }): Promise<BudgetHoldTable> {
  const hold = await lockHold(context.tx, { companyId: context.companyId, id: given.id })
  if (hold?.run_id !== given.runId) throw notFound('hold', given.id)
  return hold
}

/** What usage costs: as its adapter says, or by the price of its model; null when nobody knows. */
async function priceOf(context: CommandContext, usage: z.output<typeof MeteredUsage>): Promise<number | null> {
  const { costMicros, provider, model, inputTokens = 0, outputTokens = 0, cachedInputTokens = 0 } = usage
  if (costMicros !== undefined) return costMicros
  if (inputTokens + outputTokens === 0) return 0
  if (provider === undefined || model === undefined) return null
  const price = await findPrice(context, { companyId: context.companyId, provider, model, at: new Date(context.now) })
  return price && costOf(price, { inputTokens, outputTokens, cachedInputTokens })
}

interface Settled {
  readonly run: RunTable
  readonly task: TaskTable
  readonly input: { holdId?: string | undefined; sequence?: number | undefined; usage: z.output<typeof MeteredUsage> }
  readonly costMicros: number
}

async function record(context: CommandContext, { run, task, input, costMicros }: Settled): Promise<void> {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, billingType = 'unknown', provider, model } = input.usage
  await addUsage(context.tx, { companyId: run.company_id, runId: run.id, inputTokens, outputTokens, cachedInputTokens, costMicros })
  if (costMicros > 0) context.countCost(run.agent_id, costMicros)
  await recordCost(context, {
    companyId: run.company_id,
    source: 'run',
    sourceEventId: input.sequence === undefined ? (input.holdId ?? context.newId()) : `${run.id}:${input.sequence}`,
    runId: run.id,
    taskId: task.id,
    projectId: task.project_id,
    goalId: task.goal_id,
    agentId: run.agent_id,
    adapter: run.adapter_type,
    provider: provider ?? null,
    model: model ?? null,
    inputTokens,
    outputTokens,
    cachedInputTokens,
    costMicros,
    isImputed: billingType === 'subscription' || billingType === 'credits',
    billingType,
    occurredAt: new Date(context.now),
  })
}

/** Books it where it was held, or as spent without a hold. */
async function book(
  context: CommandContext,
  { run, task, hold, amounts }: { run: RunTable; task: TaskTable; hold: BudgetHoldTable | null; amounts: Amounts },
): Promise<{ restMicros: number | null; restTokens: number | null } | null> {
  if (hold?.kind === 'run' && hold.status === 'open') {
    const rest = await drawFromHold(context, hold, amounts)
    return { restMicros: rest.costMicros, restTokens: rest.tokens }
  }
  if (hold?.kind === 'call') {
    await postHold(context, hold.id, amounts)
    return null
  }
  const spender: Spender = { companyId: run.company_id, agentId: run.agent_id, projectId: task.project_id, taskId: task.id }
  await chargeBudgets(context, { ...spender, amounts, at: new Date(hold?.admitted_at ?? context.now) })
  return null
}
