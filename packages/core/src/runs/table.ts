import type { LogStream } from '../ports/adapter.ts'
import type { FailureClass } from '../ports/run-contract.ts'
import type { RunStatus } from './schema.ts'

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
