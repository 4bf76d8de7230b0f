import { z } from 'zod'

import { command } from '../../kernel/command.ts'
import { notFound, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { illegalTransition } from '../../kernel/transition.ts'
import { assertMaySetBudget } from '../authority.ts'
import { raiseLimit } from '../limit.ts'
import { budgetIncidentMachine } from '../machine.ts'
import { endStop, letGoOn, resolveIncident as resolve } from '../resolve.ts'
import { isUsedUp } from '../rules.ts'
import { BudgetIncident, Limit } from '../schema.ts'
import { toIncident } from '../show.ts'
import { findBudget, findIncident } from '../sql.ts'
import { aboutBudget, budgetRef, readStanding } from '../standing.ts'
import { requireBudget } from './manage.ts'

export const resolveIncident = command({
  title: 'Decide what becomes of work that stopped at a limit',
  description: 'raise: it goes on under a higher limit. keep_paused: it stays stopped until the limit is raised or its period ends.',
  input: z.strictObject({
    incidentId: Id,
    action: z.enum(['raise', 'keep_paused']),
    limit: Limit.optional().describe('For raise, in units of the metric.'),
  }),
  output: BudgetIncident,
  access: { scope: 'budgets:manage', company: 'budgetIncident' },
  http: ['POST', '/budget-incidents/:incidentId/resolve'],
  async handle(context, { incidentId, action, limit }) {
    const incident = await findIncident(context.tx, incidentId)
    if (!incident) throw notFound('budget incident', incidentId)
    if (incident.status !== 'open')
      throw illegalTransition(budgetIncidentMachine, incident.status, { to: 'resolved', verb: action === 'raise' ? 'raise' : 'keep' })
    const budget = await requireBudget(context, incident.budget_id)
    await assertMaySetBudget(context, { scope: budget.scope, scopeId: budget.scope_id })
    if (action === 'raise') {
      if (limit === undefined) throw ruleViolated('limit: say what the limit is raised to.')
      await raiseLimit(context, budget, limit)
    } else await resolve(context, budget, 'kept_paused')
    const resolved = await findIncident(context.tx, incidentId)
    if (!resolved) throw notFound('budget incident', incidentId)
    return toIncident(resolved)
  },
})

export const endPeriods = command({
  title: 'Let work go on whose budget has begun anew',
  input: z.strictObject({ companyId: Id, budgetIds: z.array(Id).min(1).max(100) }),
  output: z.object({ resumed: z.number().int() }),
  access: { scope: 'engine:internal', company: 'company' },
  async handle(context, { budgetIds }) {
    let resumed = 0
    let stoppedAnew = 0
    for (const budgetId of budgetIds) {
      const stop = await context.tx
        .selectFrom('budget_stops')
        .select('ends_at')
        .where('company_id', '=', context.companyId)
        .where('budget_id', '=', budgetId)
        .executeTakeFirst()
      const budget = await findBudget(context.tx, budgetId)
      if (!stop?.ends_at || stop.ends_at > context.now || !budget) continue
      // What was reported since the new period began may have used that up too.
      if (isUsedUp((await readStanding(context.tx, budget, context.now)).period)) {
        await endStop(context, budget, 'period_ended')
        context.limitReached(budget.id)
        stoppedAnew += 1
        continue
      }
      if (!(await letGoOn(context, budget, 'period_ended'))) continue
      context.emit('budget.renewed', budgetRef(budget), { ...aboutBudget(budget), periodStartsAt: stop.ends_at })
      resumed += 1
    }
    if (resumed + stoppedAnew === 0) context.unchanged()
    return { resumed }
  },
})
