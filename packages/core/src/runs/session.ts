import type { Kysely, Transaction } from 'kysely'

import { findAgent } from '../agents/sql.ts'
import type { AgentTable } from '../agents/table.ts'
import { runSource } from '../costs/schema.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { canonicalJson, sha256, type JsonObject } from '../kernel/json.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import type { BeginningAgent } from './beginning.ts'
import { asExecuted } from './setups.ts'
import type { AgentSessionTable, RunTable } from './table.ts'

type Limits = Pick<EngineSettings, 'sessionRuns' | 'sessionInputTokens' | 'sessionMs'>

interface SessionKey {
  readonly companyId: string
  readonly agentId: string
  readonly taskId: string
}

const sessionOf = statement((db, given: SessionKey) =>
  db
    .selectFrom('agent_sessions')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('agent_id', '=', given.agentId)
    .where('task_id', '=', given.taskId),
)

/** What a session depends on besides its task: an agent that is set up otherwise begins a new one. Pure. */
export function sessionFingerprint(agent: Pick<AgentTable, 'adapter_type' | 'adapter_config' | 'instructions'>): string {
  return sha256(canonicalJson([agent.adapter_type, JSON.parse(agent.adapter_config), agent.instructions]))
}

/** Whether a conversation may go on, or has grown so long or so old that the next run is better off without it. Pure. */
export function maySessionGoOn(
  session: Pick<AgentSessionTable, 'runs' | 'input_tokens' | 'created_at'>,
  { limits, nowMs }: { limits: Limits; nowMs: number },
): boolean {
  const ageMs = nowMs - Date.parse(session.created_at)
  return session.runs < limits.sessionRuns && session.input_tokens < limits.sessionInputTokens && ageMs < limits.sessionMs
}

/** What the last run of this agent for this task left for the next one; null when there is nothing, or nothing that still fits. */
export async function readSession(
  db: Kysely<Database>,
  given: { agent: BeginningAgent; taskId: string; limits: Limits; nowMs: number },
): Promise<JsonObject | null> {
  const { agent, taskId } = given
  const session = first(await sessionOf(db, { companyId: agent.company_id, agentId: agent.id, taskId }))
  const fits = session && session.fingerprint === sessionFingerprint(agent) && maySessionGoOn(session, given)
  return fits ? JSON.parse(session.state) : null
}

/** Keeps what a run that ends leaves for the next one of its agent and task, when it says anything about it. */
export async function leaveSession(
  context: CommandContext,
  run: RunTable,
  left: { session?: JsonObject | null | undefined },
): Promise<void> {
  const { session: state } = left
  if (state === undefined) return
  const agent = await findAgent(context.tx, run.agent_id)
  if (!agent) return
  const inputTokens = run.input_tokens === 0 ? 0 : await inputTokensOf(context.tx, run)
  await keepSession(context, { run, agent: asExecuted(agent, run), state, inputTokens })
}

/** What went into a run since its checkout: one that waited for an answer has several. */
async function inputTokensOf(tx: Transaction<Database>, run: RunTable): Promise<number> {
  const row = await tx
    .selectFrom('cost_events')
    .select((e) => e.fn.sum<number | null>('input_tokens').as('tokens'))
    .where('company_id', '=', run.company_id)
    .where('run_id', '=', run.id)
    .where('source', '=', runSource)
    .where('source_event_id', 'like', `${run.id}/${run.fence ?? 0}/%`)
    .executeTakeFirst()
  return row?.tokens ?? 0
}

async function keepSession(
  context: CommandContext,
  given: { run: RunTable; agent: AgentTable; state: JsonObject | null; inputTokens: number },
): Promise<void> {
  const { run, agent, state } = given
  const key: SessionKey = { companyId: context.companyId, agentId: agent.id, taskId: run.task_id }
  if (state === null) return forgetSession(context, key)
  const known = first(await sessionOf(context.tx, key))
  const fingerprint = sessionFingerprint(agent)
  const goesOn =
    known?.fingerprint === fingerprint && maySessionGoOn(known, { limits: context.settings, nowMs: context.clock.now() }) ? known : null
  const row: AgentSessionTable = {
    company_id: context.companyId,
    agent_id: agent.id,
    task_id: run.task_id,
    fingerprint,
    state: JSON.stringify(state),
    runs: (goesOn?.runs ?? 0) + 1,
    input_tokens: (goesOn?.input_tokens ?? 0) + given.inputTokens,
    created_at: goesOn?.created_at ?? context.now,
    updated_at: context.now,
  }
  const { company_id: _company, agent_id: _agent, task_id: _task, ...changes } = row
  await context.tx
    .insertInto('agent_sessions')
    .values(row)
    .onConflict((conflict) => conflict.columns(['company_id', 'agent_id', 'task_id']).doUpdateSet(changes))
    .execute()
}

async function forgetSession(context: CommandContext, { companyId, agentId, taskId }: SessionKey): Promise<void> {
  await context.tx
    .deleteFrom('agent_sessions')
    .where('company_id', '=', companyId)
    .where('agent_id', '=', agentId)
    .where('task_id', '=', taskId)
    .execute()
}
