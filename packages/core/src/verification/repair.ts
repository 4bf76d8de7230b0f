import type { Transaction } from 'kysely'

import { addTaskCounts, type TaskCounts } from '../companies/counters.ts'
import { assertEpoch } from '../database/instance.ts'
import type { Database } from '../database/tables.ts'
import type { Host } from '../kernel/host.ts'
import { inTransaction } from '../kernel/transaction.ts'
import { inRanges } from './check.ts'
import { companiesIn, costOfRuns, countBoth, leasesOfAgent } from './figures.ts'

/** How many figures were wrong and are right now. */
export interface RepairReport {
  readonly agents: number
  readonly companies: number
}

/**
 * Corrects the figures that only count other rows, agents' live runs and costs and companies' task counters, a company at a time. It
 * adds what is missing, so counting that goes on meanwhile stays right.
 */
export async function repair(host: Host): Promise<RepairReport> {
  const report = { agents: 0, companies: 0 }
  for await (const companyId of inRanges(host.db, 'companies', (range) => companiesIn(host.db, range))) {
    const unit = { companyId, locks: 'company' } as const
    const repaired = await inTransaction(host, unit, async (tx) => {
      await assertEpoch(tx, host.epoch)
      return { agents: await repairAgents(tx, companyId), companies: await repairCounters(tx, companyId) }
    })
    report.agents += repaired.agents
    report.companies += repaired.companies
  }
  return report
}

async function repairAgents(tx: Transaction<Database>, companyId: string): Promise<number> {
  const wrong = await tx
    .selectFrom('agents')
    .select((e) => ['id', 'live_runs', leasesOfAgent(e).as('leases'), 'cost_micros', costOfRuns(e).as('of_runs')])
    .where('company_id', '=', companyId)
    .where((e) => e.or([e('live_runs', '!=', leasesOfAgent(e)), e('cost_micros', '!=', costOfRuns(e))]))
    .execute()
  for (const { id, live_runs, leases, cost_micros, of_runs } of wrong) {
    const missing = (leases ?? 0) - live_runs
    const unspent = (of_runs ?? 0) - cost_micros
    await tx
      .updateTable('agents')
      .set((e) => ({ live_runs: e('live_runs', '+', missing), cost_micros: e('cost_micros', '+', unspent) }))
      .where('company_id', '=', companyId)
      .where('id', '=', id)
      .execute()
  }
  return wrong.length
}

async function repairCounters(tx: Transaction<Database>, companyId: string): Promise<number> {
  const missing: TaskCounts = { backlog: 0, todo: 0, in_progress: 0, in_review: 0, blocked: 0, done: 0, cancelled: 0 }
  for (const { status, stored, counted } of await countBoth(tx, [companyId])) missing[status] = counted - stored
  if (Object.values(missing).every((count) => count === 0)) return 0
  await addTaskCounts(tx, { companyId, ...missing })
  return 1
}
