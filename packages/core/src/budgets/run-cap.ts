import { sql, type Kysely } from 'kysely'

import type { AgentTable } from '../agents/table.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import type { TaskTable } from '../tasks/table.ts'
import { budgetErrors } from './errors.ts'
import { shown } from './exceeded.ts'
import { budgetsOver } from './sql.ts'

const usedByRun = statement((db, given: { companyId: string; runId: string }) =>
  db
    .selectFrom('runs')
    .select('cost_micros as spent')
    .select((e) =>
      e
        .selectFrom('budget_holds')
        .select(({ fn }) => fn.coalesce(fn.sum<number>('budget_holds.cost_micros'), sql<number>`0`).as('held'))
        .whereRef('budget_holds.company_id', '=', 'runs.company_id')
        .whereRef('budget_holds.run_id', '=', 'runs.id')
        .where('budget_holds.status', '=', sql.lit('open'))
        .as('held'),
    )
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.runId),
)

/** What a run has spent, and what is held for its calls, micro-dollars. */
async function findUsedByRun(db: Kysely<Database>, given: { companyId: string; runId: string }) {
  const row = first(await usedByRun(db, given))
  return { spent: row?.spent ?? 0, held: Number(row?.held ?? 0) }
}

/** Refuses what takes a run beyond what its agent may spend in one; it is held already, so nothing comes in between. @throws `budget_exceeded` */
export async function assertWithinRun(
  { tx, companyId }: Pick<CommandContext, 'tx' | 'companyId'>,
  { runId, agentId, mostPerRun: limit, needed }: { runId: string; agentId: string; mostPerRun: number; needed: number },
): Promise<void> {
  const { spent, held: heldNow } = await findUsedByRun(tx, { companyId, runId })
  if (spent + heldNow <= limit) return
  const held = heldNow - needed
  const free = Math.max(0, limit - spent - held)
  const used = `${shown('micros', spent)} of ${shown('micros', limit)} spent, ${shown('micros', held)} held, ${shown('micros', free)} free`
  throw new EngineError(
    budgetErrors.budget_exceeded,
    `What a run of this agent may cost (maxCostMicrosPerRun) has no ${shown('micros', needed)} left: ${used}. An admin or an owner can raise it.`,
    {
      details: {
        scope: 'run',
        scopeId: runId,
        metric: 'micros',
        limit,
        spent,
        held,
        free,
        needed,
        windowEndsAt: null,
        raise: { operation: 'agents.update', path: `/api/agents/${agentId}`, roles: ['admin', 'owner'], managerAgentIds: [] },
        approvalId: null,
      },
    },
  )
}

interface Wish {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly adapterType: string
  readonly adapters: AdapterCatalog
}

/** Adapters that tell only at the end what a run used. Pure. */
export function lateTypes(adapters: AdapterCatalog): string[] {
  return adapters.types.filter((type) => isLate(type, adapters))
}

function isLate(type: string, adapters: AdapterCatalog): boolean {
  return adapters.types.includes(type) && adapters.get(type).metering === 'final'
}

/** Whether an agent starts nothing by an adapter where a hard limit of money is over it. Pure. */
export function wantsCap(agent: Pick<AgentTable, 'max_cost_micros_per_run'>, adapterType: string, adapters: AdapterCatalog): boolean {
  return agent.max_cost_micros_per_run === null && isLate(adapterType, adapters)
}

/**
 * Why a run may not start whose adapter tells only at its end what it used: a hard limit of money is over it, and nobody said what it may
 * cost at most. Null when nothing is in its way (PROMISES P7).
 */
export async function capMissing(db: Kysely<Database>, { task, agent, adapterType, adapters }: Wish): Promise<EngineError | null> {
  if (!wantsCap(agent, adapterType, adapters)) return null
  const spender = { companyId: task.company_id, agentId: agent.id, projectId: task.project_id, taskId: task.id }
  const limit = (await budgetsOver(db, spender)).find(({ is_hard: isHard, metric }) => isHard === 1 && metric === 'micros')
  if (!limit) return null
  return new EngineError(
    budgetErrors.run_cap_required,
    `${adapterType} tells only at the end what a run used, and a hard limit of money (of the ${limit.scope}) is over it. Set maxCostMicrosPerRun of ${agent.name} (micro-dollars): so much is held for each of its runs. An admin or an owner can.`,
    {
      details: {
        agentId: agent.id,
        field: 'maxCostMicrosPerRun',
        adapterType,
        budgetId: limit.id,
        scope: limit.scope,
        scopeId: limit.scope_id,
        raise: { operation: 'agents.update', path: `/api/agents/${agent.id}`, roles: ['admin', 'owner'], managerAgentIds: [] },
      },
    },
  )
}
