import { sql, type Kysely, type Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { versionedChange, versionedUpdate } from '../database/versioned.ts'
import { locatedRows } from '../kernel/located.ts'
import type { RunStatus } from './schema.ts'
import type { RunTable } from './table.ts'

export const findRun = rowById('runs')

export const locatedRuns = locatedRows(findRun, (run) => ({ taskId: run.task_id, agentId: run.agent_id }))

const runByCredential = statement((db, given: { hash: string }) =>
  db.selectFrom('runs').selectAll().where('credential_hash', '=', given.hash),
)

export async function findRunByCredential(db: Kysely<Database>, hash: string): Promise<RunTable | null> {
  return first(await runByCredential(db, { hash }))
}

/** Columns that a new run has nothing for are left out. */
const insert = statement((db, given: RunTable) =>
  db.insertInto('runs').values({
    id: given.id,
    company_id: given.company_id,
    agent_id: given.agent_id,
    task_id: given.task_id,
    status: given.status,
    wake_reasons: given.wake_reasons,
    priority: given.priority,
    attempt: given.attempt,
    retry_of: given.retry_of,
    fence: given.fence,
    worker_id: given.worker_id,
    credential_hash: given.credential_hash,
    available_at: given.available_at,
    version: given.version,
    created_at: given.created_at,
    updated_at: given.updated_at,
    started_at: given.started_at,
    input_tokens: given.input_tokens,
    output_tokens: given.output_tokens,
    cached_input_tokens: given.cached_input_tokens,
    cost_micros: given.cost_micros,
    is_budgeted: given.is_budgeted,
  }),
)

type NewRun = Pick<
  RunTable,
  'id' | 'company_id' | 'agent_id' | 'task_id' | 'priority' | 'attempt' | 'available_at' | 'created_at' | 'wake_reasons'
> &
  Partial<Pick<RunTable, 'status' | 'retry_of' | 'fence' | 'worker_id' | 'credential_hash' | 'started_at'>>

/** What a run is before anything has become of it. */
const blankRun = {
  status: 'queued',
  retry_of: null,
  fence: null,
  worker_id: null,
  credential_hash: null,
  outcome: null,
  error_class: null,
  error_message: null,
  input_tokens: 0,
  output_tokens: 0,
  cached_input_tokens: 0,
  cost_micros: 0,
  version: 1,
  started_at: null,
  finished_at: null,
  adapter_type: null,
  adapter_provider: null,
  adapter_place: null,
  adapter_reason: null,
  is_budgeted: 0,
} satisfies Partial<RunTable>

/** The row of a run that has not ended yet; `fields` are what differs from a fresh queued one. Pure. */
export function newRun(fields: NewRun): RunTable {
  return { ...blankRun, updated_at: fields.created_at, ...fields }
}

export async function insertRun(tx: Transaction<Database>, fields: NewRun): Promise<RunTable> {
  const row = newRun(fields)
  await insert(tx, row)
  return row
}

/** Changes a run that is still at the version that was read; null when it is not. */
export const updateRun = versionedUpdate('runs')

/** The same for a run that a command can not go on without. */
export const changeRun = versionedChange('runs', 'run')

const queuedRun = statement((db, given: { companyId: string; agentId: string; taskId: string }) =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('agent_id', '=', given.agentId)
    .where('task_id', '=', given.taskId)
    .where('status', '=', sql.lit('queued')),
)

/** The one queued run of an agent and a task. */
export async function findQueuedRun(
  db: Kysely<Database>,
  given: { companyId: string; agentId: string; taskId: string },
): Promise<RunTable | null> {
  return first(await queuedRun(db, given))
}

const waitingRun = statement((db, given: { companyId: string; taskId: string }) =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .where('status', '=', sql.lit('waiting')),
)

/** The one run of a task that waits for an answer. */
export async function findWaitingRun(db: Kysely<Database>, given: { companyId: string; taskId: string }): Promise<RunTable | null> {
  return first(await waitingRun(db, given))
}

export const listQueuedRuns = statement((db, given: { companyId: string; taskId: string }, family) =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    // The plus tells SQLite not to go through all that is queued in the company.
    .where(family === 'sqlite' ? sql<RunStatus>`+status` : 'status', '=', sql.lit('queued')),
)
