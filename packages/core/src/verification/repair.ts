import type { Transaction } from 'kysely'

import { addTaskCounts, type TaskCounts } from '../companies/counters.ts'
import { addTotals } from '../costs/totals.ts'
import { assertEpoch } from '../database/instance.ts'
import type { Database } from '../database/tables.ts'
import type { Host } from '../kernel/host.ts'
import { inTransaction } from '../kernel/transaction.ts'
import { inRanges } from './check.ts'
import { wrongTotals } from './costs.ts'
import { companiesIn, countBoth, leasesOfAgent } from './figures.ts'

/** How many figures were wrong and are right now. */
export interface RepairReport {
  readonly agents: number
  readonly companies: number
}

/**
 * Corrects the figures that only count other rows, agents' live runs and companies' counts of tasks and sums of costs, a company at a time. It
 * adds what is missing, so counting that goes on meanwhile stays right.
 */
export async function repair(host: Host): Promise<RepairReport> {
  const report = { agents: 0, companies: 0 }
  for await (const companyId of inRanges(host.db, 'companies', (range) => companiesIn(host.db, range))) {
    const unit = { companyId, locks: 'company' } as const
    const repaired = await inTransaction(host, unit, async (tx) => {
      await assertEpoch(tx, host.epoch)
      const agents = await repairAgents(tx, companyId)
      const counters = await repairCounters(tx, companyId)
      const costs = await repairCosts(tx, companyId)
      return { agents, companies: Math.max(counters, costs) }
    })
    report.agents += repaired.agents
    report.companies += repaired.companies
  }
  return report
}

async function repairAgents(tx: Transaction<Database>, companyId: string): Promise<number> {
  const wrong = await tx
    .selectFrom('agents')
    .select((e) => ['id', 'live_runs', leasesOfAgent(e).as('leases')])
    .where('company_id', '=', companyId)
    .where((e) => e('live_runs', '!=', leasesOfAgent(e)))
    .execute()
  for (const { id, live_runs, leases } of wrong) {
    const missing = (leases ?? 0) - live_runs
    await tx
      .updateTable('agents')
      .set((e) => ({ live_runs: e('live_runs', '+', missing) }))
      .where('company_id', '=', companyId)
      .where('id', '=', id)
      .execute()
  }
  return wrong.length
}

/** What a run consumed is left as it is: its costs are the truth, and a run that ended does not change. */
async function repairCosts(tx: Transaction<Database>, companyId: string): Promise<number> {
  const wrong = await wrongTotals(tx, [companyId])
  await addTotals(
    tx,
    companyId,
    wrong.map(({ company_id: _company, ...excess }) => ({
      ...excess,
      events: -excess.events,
      unpriced: -excess.unpriced,
      input_tokens: -excess.input_tokens,
      output_tokens: -excess.output_tokens,
      cached_input_tokens: -excess.cached_input_tokens,
      cost_micros: -excess.cost_micros,
    })),
  )
  return wrong.length === 0 ? 0 : 1
}

async function repairCounters(tx: Transaction<Database>, companyId: string): Promise<number> {
  const missing: TaskCounts = { backlog: 0, todo: 0, in_progress: 0, in_review: 0, blocked: 0, done: 0, cancelled: 0 }
  for (const { status, stored, counted } of await countBoth(tx, [companyId])) missing[status] = counted - stored
  if (Object.values(missing).every((count) => count === 0)) return 0
  await addTaskCounts(tx, { companyId, ...missing })
  return 1
}
