import { stopsThatAreOver } from '../budgets/sql.ts'
import type { Host } from '../kernel/host.ts'
import type { Loop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'
import { createDueLoop } from './due.ts'

/** Lets work go on that stopped at a limit, when its budget begins anew. */
export function createBudgetLoop(host: Host, logger: Logger): Loop {
  const input = (companyId: string, budgetIds: readonly string[]) => ({ companyId, budgetIds })
  return createDueLoop(host, { name: 'budgets', find: stopsThatAreOver, operation: 'budgets.endPeriods', input }, logger)
}
