import { z } from 'zod'

import { assertVersion } from '../../kernel/change.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { notFound, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { TaskFilter } from '../../tasks/schema.ts'
import { assertIsNoAgent, assertMaySetBudget, requireScope } from '../authority.ts'
import { changeBudget, emitSet, raiseLimit, saidLimit } from '../limit.ts'
import { letGoOn } from '../resolve.ts'
import { isUsedUp } from '../rules.ts'
import { BudgetMetric, BudgetScope, BudgetSet, BudgetWindow, Limit } from '../schema.ts'
import { findBudget, writeBudget } from '../sql.ts'
import { aboutBudget, blankPeriod, budgetRef } from '../standing.ts'
import type { BudgetTable, Standing } from '../table.ts'
import { showWithAgents } from '../without-cap.ts'

const Version = z.number().int().min(0).optional()
const LimitInput = {
  limit: Limit.optional().describe('In units of the metric: micro-dollars, tokens, runs, milliseconds.'),
  limitCents: Limit.max(900_000_000_000).optional().describe('The same in cents, for the metric micros.'),
}

const Terms = z.strictObject({
  companyId: Id,
  scope: BudgetScope,
  scopeId: TaskFilter.optional().describe('The project, agent or task, a task also by its identifier; left out for the company.'),
  window: BudgetWindow.default('month_utc'),
  metric: BudgetMetric.default('micros'),
  ...LimitInput,
  warnPercent: z.number().int().min(1).max(100).optional().describe('80 when left out.'),
  isHard: z.boolean().optional().describe('Whether work stops at it. True when left out.'),
  version: Version.describe('Only if nobody has changed it since; 0 means that it is new.'),
})

export const set = command({
  title: 'Set a limit on what a company, a project, an agent or a task may use',
  description:
    'One for each scope, window and metric; set again, it changes. It counts from when it is set. Admins set all of them; an agent those of the agents below it. A limit below what is used is taken: nothing more is let begin. `agentsWithoutCap` names agents that do not start under it.',
  input: Terms,
  output: BudgetSet,
  access: { scope: 'budgets:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/budgets'],
  successes: ['created', 'done'],
  success: ({ version }) => (version === 1 ? 'created' : 'done'),
  async handle(context, input) {
    const { scope, window, metric } = input
    const scopeId = await requireScope(context, input)
    await assertMaySetBudget(context, { scope, scopeId })
    if (input.isHard === false) assertIsNoAgent(context)
    const limit = saidLimit(input, metric)
    const known = await context.tx
      .selectFrom('budgets')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where((e) => e.and({ scope_id: scopeId, time_window: window, metric }))
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (!known && limit === undefined) throw ruleViolated('limit: a new budget needs a limit.')
    if (!known && input.version) throw notFound('budget', `of ${scope} ${scopeId} at version ${input.version}`)
    if (!known) return showWithAgents(context.tx, await add(context, { ...input, scopeId, limit: limit ?? 0 }), context)
    assertVersion('budget', known, input.version)
    const changes = changesOf(known, { limit, warnPercent: input.warnPercent, isHard: input.isHard })
    return showWithAgents(context.tx, await changeBudget(context, known, changes), context)
  },
})

interface Changes {
  readonly limit: number | undefined
  readonly warnPercent: number | undefined
  readonly isHard: boolean | undefined
}

function changesOf(known: BudgetTable, { limit, warnPercent, isHard }: Changes): Partial<BudgetTable> {
  return {
    limit_amount: limit ?? known.limit_amount,
    warn_percent: warnPercent ?? known.warn_percent,
    is_hard: isHard === undefined ? known.is_hard : Number(isHard),
  }
}

async function add(context: CommandContext, terms: z.output<typeof Terms> & { scopeId: string; limit: number }): Promise<Standing> {
  const { scope, scopeId } = terms
  const budget: BudgetTable = {
    id: context.newId(),
    company_id: context.companyId,
    scope,
    scope_id: scopeId,
    project_id: scope === 'project' ? scopeId : null,
    agent_id: scope === 'agent' ? scopeId : null,
    task_id: scope === 'task' ? scopeId : null,
    time_window: terms.window,
    metric: terms.metric,
    limit_amount: terms.limit,
    warn_percent: terms.warnPercent ?? 80,
    is_hard: Number(terms.isHard ?? true),
    removed_at: null,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await context.tx.insertInto('budgets').values(budget).execute()
  emitSet(context, budget)
  const period = blankPeriod(budget, new Date(context.now))
  const isOver = isUsedUp(period)
  if (isOver) context.limitReached(budget.id)
  return { budget, period, isStopped: isOver }
}

export const raise = command({
  title: 'Raise a limit; work that stopped at it goes on',
  description: 'Resolves the incident and takes back the request for more, if there are any.',
  input: z.strictObject({ budgetId: Id, ...LimitInput, version: Version }),
  output: BudgetSet,
  access: { scope: 'budgets:manage', company: 'budget' },
  http: ['POST', '/budgets/:budgetId/raise'],
  async handle(context, input) {
    const budget = await requireBudget(context, input.budgetId)
    await assertMaySetBudget(context, { scope: budget.scope, scopeId: budget.scope_id })
    assertVersion('budget', budget, input.version)
    const limit = saidLimit(input, budget.metric)
    if (limit === undefined) throw ruleViolated('limit: say what it is raised to, as limit or limitCents.')
    return showWithAgents(context.tx, await raiseLimit(context, budget, limit), context)
  },
})

export const remove = command({
  title: 'Remove a limit; what it stopped goes on',
  input: z.strictObject({ budgetId: Id, version: Version }),
  output: z.object({ budgetId: Id }),
  access: { scope: 'budgets:manage', company: 'budget' },
  http: ['DELETE', '/budgets/:budgetId'],
  async handle(context, input) {
    assertIsNoAgent(context)
    const budget = await requireBudget(context, input.budgetId)
    assertVersion('budget', budget, input.version)
    const next = await writeBudget(context, budget, { removed_at: context.now })
    context.emit('budget.removed', budgetRef(next), aboutBudget(next))
    await letGoOn(context, next, 'removed')
    return { budgetId: budget.id }
  },
})

/** @throws `not_found` also for one that was removed */
export async function requireBudget(context: CommandContext, budgetId: string): Promise<BudgetTable> {
  const budget = await findBudget(context.tx, budgetId)
  if (budget?.company_id !== context.companyId) throw notFound('budget', budgetId)
  return budget
}
