import type { Kysely } from 'kysely'

import type { AgentTable } from '../agents/table.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { RunTable } from '../runs/table.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { Allowance } from './allowance.ts'
import { nothing, type Spender } from './amounts.ts'
import { chargeBudgets } from './charge.ts'
import { expireHold, holdMoney, postHold } from './holds.ts'
import { openHolds } from './sql.ts'
import type { BudgetHoldTable } from './table.ts'
import { capMissing } from './run-cap.ts'

/** How long one run may be held time for at most, where a budget counts it, milliseconds. */
const mostWallMs = 3_600_000

interface Begin {
  readonly runId: string
  readonly task: TaskTable
  readonly agent: AgentTable
  /** What executes it; null when no worker of ours does. */
  readonly adapterType: string | null
}

/**
 * Sets aside what a run may use before it starts. Of an adapter that says while it goes what it used, it is what is free, up to the
 * agent's cap: it is stopped at the line. Of one that says so only at the end, it is the whole cap, which has to be there.
 * @throws `budget_exceeded`, `run_cap_required`
 */
export async function holdForRun(context: CommandContext, { runId, task, agent, adapterType }: Begin): Promise<void> {
  const { adapters } = context
  const metering = adapterType === null ? null : adapters.get(adapterType).metering
  const missing = adapterType === null ? null : await capMissing(context.tx, { task, agent, adapterType, adapters })
  if (missing) throw missing
  const mostMicros = agent.max_cost_micros_per_run
  const isWhole = metering === 'final' && mostMicros !== null
  const isOpaque = metering === 'stream' || metering === 'final'
  await holdMoney(context, {
    companyId: context.companyId,
    runId,
    agentId: agent.id,
    projectId: task.project_id,
    taskId: task.id,
    kind: 'run',
    amounts: { ...nothing, runs: 1, ...(isWhole && { costMicros: mostMicros }) },
    upTo: {
      wallMs: mostWallMs,
      ...(isOpaque && { tokens: Number.MAX_SAFE_INTEGER }),
      ...(metering === 'stream' && { costMicros: mostMicros ?? Number.MAX_SAFE_INTEGER }),
    },
  })
}

interface Ended {
  readonly run: RunTable
  readonly projectId: string | null
  /** False for one that waits and will go on: it counts as one run however often it does. */
  readonly isOver: boolean
}

/** Ends what was held for a run, in the transaction in which it ends or waits. What it used was booked when it was told; its time is known now. */
export async function endHolds(context: CommandContext, { run, projectId, isOver }: Ended): Promise<void> {
  const { companyId, now } = context
  const holds = await openHolds(context.tx, { companyId, runId: run.id })
  const own = holds.find(({ kind }) => kind === 'run')
  for (const hold of holds) if (hold !== own) await expireHold(context, hold)
  const amounts = { ...nothing, runs: Number(isOver), wallMs: run.status === 'running' ? wallMs(run, own, now) : 0 }
  if (!own) {
    const spender: Spender = { companyId, agentId: run.agent_id, projectId, taskId: run.task_id }
    return chargeBudgets(context, [{ ...spender, amounts, at: new Date(run.updated_at) }])
  }
  await postHold(context, own.id, amounts)
}

/** How long it ran, since it last began. */
function wallMs(run: RunTable, hold: BudgetHoldTable | undefined, now: string): number {
  return Math.max(0, Date.parse(now) - Date.parse(hold?.admitted_at ?? run.updated_at))
}

/** What is held for a run that has begun. */
export async function readAllowance(db: Kysely<Database>, run: { id: string; companyId: string }): Promise<Allowance> {
  const hold = (await openHolds(db, { companyId: run.companyId, runId: run.id })).find(({ kind }) => kind === 'run')
  if (!hold) return { holdId: null, costMicros: null, tokens: null, wallMs: null }
  return { holdId: hold.id, costMicros: hold.cost_micros, tokens: hold.tokens, wallMs: hold.wall_ms }
}

/** What is set aside for a run and not used yet, of everything that is held for it; null when nothing is. */
export async function readHeld(
  db: Kysely<Database>,
  run: { id: string; companyId: string },
): Promise<{ costMicros: number; tokens: number } | null> {
  const holds = await openHolds(db, { companyId: run.companyId, runId: run.id })
  const bounded = holds.filter((hold) => hold.cost_micros !== null || hold.tokens !== null)
  if (bounded.length === 0) return null
  const sum = (column: 'cost_micros' | 'tokens') => bounded.reduce((total, hold) => total + (hold[column] ?? 0), 0)
  return { costMicros: sum('cost_micros'), tokens: sum('tokens') }
}
