import type { LogStream } from '../ports/adapter.ts'
import type { FailureClass } from '../ports/run-contract.ts'
import type { AdapterReason, Run, RunStatus } from './schema.ts'

export interface RunTable {
  id: string
  company_id: string
  agent_id: string
  task_id: string
  status: RunStatus
  wake_reasons: string
  priority: number
  attempt: number
  retry_of: string | null
  fence: number | null
  worker_id: string | null
  credential_hash: string | null
  available_at: string
  outcome: string | null
  error_class: FailureClass | null
  error_message: string | null
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  cost_micros: number
  version: number
  created_at: string
  updated_at: string
  started_at: string | null
  finished_at: string | null
  /** What it is executed by, and why that; null when no worker of ours does it. */
  adapter_type: string | null
  /** '' where the adapter has one provider only. */
  adapter_provider: string | null
  adapter_place: string | null
  adapter_reason: AdapterReason | null
  /** 1 when hard budgets were over it as it began: it asks before it spends. */
  is_budgeted: number
}

/** The right to act for a task; at most one row a task. */
export interface LeaseTable {
  run_id: string
  company_id: string
  task_id: string
  agent_id: string
  fence: number
  worker_id: string
  expires_at: string
  /** How many tasks its run has created under it. */
  tasks_made: number
}

/** What an adapter goes on from when its agent works on the task again. */
export interface AgentSessionTable {
  company_id: string
  agent_id: string
  task_id: string
  /** Of what else it depends on; see session.ts. */
  fingerprint: string
  state: string
  /** How many runs it is made of, and what went into them. */
  runs: number
  input_tokens: number
  created_at: string
  updated_at: string
}

export interface RunLogTable {
  company_id: string
  run_id: string
  sequence: number
  stream: LogStream
  text: string
  /** Bytes of the log up to and with this row. */
  total_bytes: number
  at: string
}

/** What an agent elsewhere said of its run by a call of its own. */
export interface RunCallbackTable {
  company_id: string
  run_id: string
  /** From 1, in the order in which they were taken. */
  sequence: number
  delivery_id: string
  body: string
  received_at: string
}

export function toRun(row: RunTable): Run {
  return {
    id: row.id,
    companyId: row.company_id,
    agentId: row.agent_id,
    taskId: row.task_id,
    status: row.status,
    wakeReasons: JSON.parse(row.wake_reasons),
    attempt: row.attempt,
    retryOf: row.retry_of,
    fence: row.fence,
    workerId: row.worker_id,
    adapter: toRunAdapter(row),
    availableAt: row.available_at,
    outcome: row.outcome === null ? null : JSON.parse(row.outcome),
    errorClass: row.error_class,
    errorMessage: row.error_message,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cachedInputTokens: row.cached_input_tokens,
      costMicros: row.cost_micros,
    },
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}

function toRunAdapter({
  adapter_type: type,
  adapter_provider: provider,
  adapter_place: place,
  adapter_reason: reason,
}: RunTable): Run['adapter'] {
  return type === null || place === null || reason === null ? null : { type, provider: provider || null, place, reason }
}
