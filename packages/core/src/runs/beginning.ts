import type { Kysely } from 'kysely'

import type { AgentTable } from '../agents/table.ts'
import type { CompanyTable } from '../companies/table.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { RunActor } from '../kernel/actor.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { RunTable } from './table.ts'

/** What is known of a run when it begins: all that stands in one row each, and whether there is more to read. */
export interface Beginning {
  readonly run: Pick<RunTable, 'id' | 'attempt' | 'wake_reasons' | 'fence' | 'is_budgeted' | 'adapter_type' | 'adapter_place'>
  readonly task: TaskTable
  readonly agent: BeginningAgent
  readonly company: Pick<CompanyTable, 'id' | 'name'>
  /** The variables of the task's project, as JSON. */
  readonly projectEnv: string
  /** Whether an earlier run of this agent for this task left a session. */
  readonly hasSession: boolean
  /** Whether anything in this company uses a secret. */
  readonly hasSecrets: boolean
}

export type BeginningAgent = Pick<
  AgentTable,
  | 'id'
  | 'company_id'
  | 'name'
  | 'role'
  | 'title'
  | 'instructions'
  | 'context_mode'
  | 'adapter_type'
  | 'adapter_config'
  | 'profiles'
  | 'fallbacks'
>

const columns = [
  'runs.attempt as run_attempt',
  'runs.wake_reasons as run_wake_reasons',
  'runs.is_budgeted as run_is_budgeted',
  'runs.adapter_type as run_adapter_type',
  'runs.adapter_place as run_adapter_place',
  'agents.id as agent_id',
  'agents.name as agent_name',
  'agents.role as agent_role',
  'agents.title as agent_title',
  'agents.instructions as agent_instructions',
  'agents.context_mode as agent_context_mode',
  'agents.adapter_type as agent_adapter_type',
  'agents.adapter_config as agent_adapter_config',
  'agents.profiles as agent_profiles',
  'agents.fallbacks as agent_fallbacks',
  'companies.name as company_name',
  'projects.env as project_env',
] as const

/** One look, by the run's lease: without that it finds nothing. */
const beginning = statement((db, given: { companyId: string; runId: string; fence: number }) =>
  db
    .selectFrom('leases')
    .innerJoin('runs', 'runs.id', 'leases.run_id')
    .innerJoin('tasks', 'tasks.id', 'runs.task_id')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
    .innerJoin('companies', 'companies.id', 'runs.company_id')
    .leftJoin('projects', 'projects.id', 'tasks.project_id')
    .selectAll('tasks')
    .select(columns)
    .select((e) => [
      e
        .exists(
          e
            .selectFrom('agent_sessions')
            .select('agent_sessions.task_id')
            .whereRef('agent_sessions.company_id', '=', 'runs.company_id')
            .whereRef('agent_sessions.agent_id', '=', 'runs.agent_id')
            .whereRef('agent_sessions.task_id', '=', 'runs.task_id'),
        )
        .as('has_session'),
      e
        .exists(e.selectFrom('secret_uses').select('secret_uses.id').whereRef('secret_uses.company_id', '=', 'runs.company_id'))
        .as('has_secrets'),
    ])
    .where('leases.company_id', '=', given.companyId)
    .where('leases.run_id', '=', given.runId)
    .where('leases.fence', '=', given.fence),
)

/** What a run begins with; null when it does not own its task any more. */
export async function readBeginning(db: Kysely<Database>, actor: Pick<RunActor, 'id' | 'companyId' | 'fence'>): Promise<Beginning | null> {
  const row = first(await beginning(db, { companyId: actor.companyId, runId: actor.id, fence: actor.fence }))
  if (!row) return null
  const { company_name: companyName, project_env: projectEnv, has_session: hasSession, has_secrets: hasSecrets, ...rest } = row
  return {
    run: {
      id: actor.id,
      fence: actor.fence,
      attempt: rest.run_attempt,
      wake_reasons: rest.run_wake_reasons,
      is_budgeted: rest.run_is_budgeted,
      adapter_type: rest.run_adapter_type,
      adapter_place: rest.run_adapter_place,
    },
    task: rest,
    agent: agentIn(rest),
    company: { id: rest.company_id, name: companyName },
    projectEnv: projectEnv ?? '{}',
    // SQLite answers with numbers.
    hasSession: Boolean(hasSession),
    hasSecrets: Boolean(hasSecrets),
  }
}

type Named = {
  readonly [Column in keyof BeginningAgent as Column extends 'company_id' ? Column : `agent_${Column}`]: BeginningAgent[Column]
}

function agentIn(row: Named): BeginningAgent {
  return {
    id: row.agent_id,
    company_id: row.company_id,
    name: row.agent_name,
    role: row.agent_role,
    title: row.agent_title,
    instructions: row.agent_instructions,
    context_mode: row.agent_context_mode,
    adapter_type: row.agent_adapter_type,
    adapter_config: row.agent_adapter_config,
    profiles: row.agent_profiles,
    fallbacks: row.agent_fallbacks,
  }
}
