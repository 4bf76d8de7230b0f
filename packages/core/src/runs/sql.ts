import { sql, type Kysely, type Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { versionedUpdate } from '../database/versioned-update.ts'
import type { Location } from '../kernel/locate.ts'
import type { RunStatus } from './schema.ts'
import type { RunTable } from './table.ts'

const runById = statement((db, given: { id: string }) => db.selectFrom('runs').selectAll().where('id', '=', given.id))

export async function findRun(db: Kysely<Database>, id: string): Promise<RunTable | null> {
  return first(await runById(db, { id }))
}

export async function locateRun(db: Kysely<Database>, id: string): Promise<Location | null> {
  const run = await findRun(db, id)
  return run && { id: run.id, companyId: run.company_id, taskId: run.task_id, agentId: run.agent_id }
}

const runByCredential = statement((db, given: { hash: string }) =>
  db.selectFrom('runs').selectAll().where('credential_hash', '=', given.hash),
)

export async function findRunByCredential(db: Kysely<Database>, hash: string): Promise<RunTable | null> {
  return first(await runByCredential(db, { hash }))
}

/** What a live run has not got yet. */
type UnendedColumns =
  | 'outcome'
  | 'error_class'
  | 'error_message'
  | 'input_tokens'
  | 'output_tokens'
  | 'cached_input_tokens'
  | 'cost_micros'
  | 'finished_at'
  | 'version'
  | 'adapter_type'
  | 'adapter_provider'
  | 'adapter_place'
  | 'adapter_reason'
  | 'is_budgeted'

const insert = statement((db, given: Omit<RunTable, UnendedColumns>) =>
  db
    .insertInto('runs')
    .values({
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
      version: 1,
      created_at: given.created_at,
      updated_at: given.updated_at,
      started_at: given.started_at,
      input_tokens: 0,
      output_tokens: 0,
      cached_input_tokens: 0,
      cost_micros: 0,
      is_budgeted: 0,
    })
    .returningAll(),
)

type NewRun = Pick<
  RunTable,
  'id' | 'company_id' | 'agent_id' | 'task_id' | 'priority' | 'attempt' | 'available_at' | 'created_at' | 'wake_reasons'
> &
  Partial<Omit<RunTable, UnendedColumns>>

/** A row of a run that has not ended yet; `fields` are what differs from a fresh queued one. */
export async function insertRun(tx: Transaction<Database>, fields: NewRun): Promise<RunTable> {
  const blank = { status: 'queued', retry_of: null, fence: null, worker_id: null, credential_hash: null, started_at: null } as const
  const [row] = await insert(tx, { ...blank, updated_at: fields.created_at, ...fields })
  if (!row) throw new Error('the database returned no row for an inserted run')
  return row
}

/** Changes a run that is still at the version that was read; null when it is not. */
export const updateRun = versionedUpdate('runs')

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

const queuedRunsOfTask = statement((db, given: { companyId: string; taskId: string }, family) =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    // The plus tells SQLite not to go through all that is queued in the company.
    .where(family === 'sqlite' ? sql<RunStatus>`+status` : 'status', '=', sql.lit('queued')),
)

export async function listQueuedRuns(db: Kysely<Database>, given: { companyId: string; taskId: string }): Promise<RunTable[]> {
  return queuedRunsOfTask(db, given)
}
