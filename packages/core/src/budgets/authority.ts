import { isBelow } from '../agents/tree.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { findOwner } from '../preferences/owner.ts'
import type { BudgetScope } from './schema.ts'

interface Scoped {
  readonly scope: BudgetScope
  readonly scopeId: string
}

/** Of agents, a manager sets the budgets of agents below it: never its own, and of nothing else. @throws `forbidden` */
export async function assertMaySetBudget(context: CommandContext, { scope, scopeId }: Scoped): Promise<void> {
  const { actor, companyId, tx } = context
  if (actor.kind !== 'agent') return
  if (scope === 'agent' && (await isBelow(tx, { companyId, managerId: actor.id, agentId: scopeId }))) return
  throw new EngineError(
    kernelErrors.forbidden,
    'An agent sets the budgets of the agents below it only, never its own. Ask an admin, or request an approval of type custom.',
    { details: { scope: 'budgets:manage', budgetScope: scope, scopeId, roles: ['admin', 'owner'] } },
  )
}

/** What takes a limit away is for people. @throws `forbidden` */
export function assertIsNoAgent(context: CommandContext): void {
  if (context.actor.kind !== 'agent') return
  throw new EngineError(
    kernelErrors.forbidden,
    'A manager sets and raises the budgets below it; only people remove them or make them soft.',
    {
      details: { scope: 'budgets:manage', roles: ['admin', 'owner'] },
    },
  )
}

/** The id of what a budget is to be over, of a task also by its identifier. @throws `rule_violated` when it is not in this company */
export async function requireScope(
  { tx, companyId }: CommandContext,
  { scope, scopeId }: { scope: BudgetScope; scopeId?: string | undefined },
): Promise<string> {
  if (scope === 'company') {
    if (scopeId !== undefined && scopeId !== companyId)
      throw ruleViolated('scopeId: a budget of scope company is over its own company; leave it out.')
    return companyId
  }
  if (scopeId === undefined) throw ruleViolated(`scopeId: say which ${scope} the budget is over.`, { scope })
  const found = await findOwner(tx, { scope, scopeId })
  if (found?.company_id !== companyId) throw notInCompany({ field: 'scopeId', entity: scope, reference: scopeId })
  return found.id
}
