import { sql, type Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { isoTime } from '../ports/clock.ts'
import { companyLetsStart, hasFreeTaskSlot } from '../tasks/checkout-guards.ts'
import { isOneFree } from '../tasks/startable.ts'
import type { AgentSchedule } from './schema.ts'
import type { AgentTable } from './table.ts'

/** What a schedule writes into the row of its agent: its first look is an interval from now. */
export function scheduleColumns({ clock }: Pick<CommandContext, 'clock'>, schedule: AgentSchedule | null) {
  return {
    schedule: schedule && JSON.stringify(schedule),
    wakes_at: schedule?.enabled ? isoTime(clock.now() + schedule.intervalSec * 1_000) : null,
  } satisfies Partial<AgentTable>
}

/** Agents of all companies whose schedule is due and who could start something, the longest due first. */
export const agentsToWake = statement((db, given: { now: string; limit: number }, family) =>
  db
    .selectFrom('agents')
    .innerJoin('companies', 'companies.id', 'agents.company_id')
    .select(['agents.id', 'agents.company_id'])
    .where('agents.wakes_at', 'is not', null)
    .where('agents.wakes_at', '<=', given.now)
    .where('agents.status', '=', sql.lit('idle'))
    .where('agents.execution_mode', '=', sql.lit('auto'))
    .whereRef('agents.live_runs', '<', 'agents.max_concurrent_runs')
    .where(hasFreeTaskSlot)
    .where(companyLetsStart)
    .where((e) =>
      // What waits for it already, such as for a provider that is left alone, comes first: a look adds nothing to that.
      e.not(
        e.exists(
          e
            .selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.company_id', '=', 'agents.company_id')
            .whereRef('runs.agent_id', '=', 'agents.id')
            .where('runs.status', '=', sql.lit('queued'))
            .where('runs.available_at', '<=', given.now),
        ),
      ),
    )
    .where(isOneFree(db, family))
    .orderBy('agents.wakes_at')
    .limit(given.limit),
)

const movedOn = statement((db, given: { companyId: string; agentId: string; now: string; next: string }) =>
  db
    .updateTable('agents')
    .set({ wakes_at: given.next })
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.agentId)
    .where('wakes_at', '<=', given.now)
    .returning('id'),
)

/** Sets the time of an agent's next look. @returns false when it is not due: somebody was here before */
export async function moveOn(
  tx: Transaction<Database>,
  given: { companyId: string; agentId: string; now: string; next: string },
): Promise<boolean> {
  return first(await movedOn(tx, given)) !== null
}
