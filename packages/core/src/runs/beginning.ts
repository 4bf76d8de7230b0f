import { sql, type Kysely, type RawBuilder } from 'kysely'

import type { AgentTable } from '../agents/table.ts'
import type { CompanyTable } from '../companies/table.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { RunActor } from '../kernel/actor.ts'
import { gather } from '../kernel/gather.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import type { TaskTable } from '../tasks/table.ts'
import { around, aroundOf, type Surroundings } from './surroundings.ts'
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
  readonly around: Surroundings
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
  'runs.id as run_id',
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

type Asked = Pick<RunActor, 'id' | 'companyId' | 'fence'>

/** One look for all of them, each by its lease: without that nothing of it is found. `runs` is JSON, `[{ run, company, fence }]`. */
const beginnings = statement((db, given: { runs: string }, family) =>
  db
    .selectFrom(
      asked(given.runs, family).as<'asked'>(family === 'postgres' ? sql`asked(run uuid, company uuid, fence bigint)` : sql.ref('asked')),
    )
    .innerJoin('leases', (join) =>
      join
        .onRef('leases.company_id', '=', 'asked.company')
        .onRef('leases.run_id', '=', 'asked.run')
        .onRef('leases.fence', '=', 'asked.fence'),
    )
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
    .select(around(db, { companyId: sql.ref<string>('runs.company_id'), taskId: sql.ref<string>('runs.task_id') })),
)

function asked(runs: string, family: DatabaseFamily): RawBuilder<{ run: string; company: string; fence: number }> {
  return family === 'postgres'
    ? sql`jsonb_to_recordset(${runs}::jsonb)`
    : sql`(select value ->> 'run' as run, value ->> 'company' as company, value ->> 'fence' as fence from json_each(${runs}))`
}

/** Finds what a run begins with; null for one that does not own its task any more. */
export type BeginningReader = (actor: Asked) => Promise<Beginning | null>

/** How many runs are looked for by one statement. */
const mostTogether = 64

/** Runs that begin in the same turn of the event loop are looked for together, since on a server each look is a round trip. */
export function beginningReader(db: Kysely<Database>): BeginningReader {
  return gather((actors: readonly Asked[]) => readBeginnings(db, actors), mostTogether)
}

/** Each in its place. */
async function readBeginnings(db: Kysely<Database>, actors: readonly Asked[]): Promise<(Beginning | null)[]> {
  const runs = JSON.stringify(actors.map(({ id: run, companyId: company, fence }) => ({ run, company, fence })))
  const rows = await beginnings(db, { runs })
  const byRun = new Map(rows.map((row) => [row.run_id, toBeginning(row)]))
  return actors.map(({ id }) => byRun.get(id) ?? null)
}

function toBeginning(row: Row): Beginning {
  const { company_name: companyName, project_env: projectEnv, has_session: hasSession, has_secrets: hasSecrets, ...rest } = row
  return {
    run: {
      id: rest.run_id,
      fence: rest.fence,
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
    around: aroundOf(row),
  }
}

type Row = Awaited<ReturnType<typeof beginnings>>[number]

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
