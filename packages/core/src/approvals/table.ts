import type { ApprovalStatus, ApprovalType } from './schema.ts'

export interface ApprovalTable {
  id: string
  company_id: string
  type: ApprovalType
  /** What it is about, in one word of its type: at most one waits for each. */
  subject: string
  status: ApprovalStatus
  payload: string
  /** SHA-256 of the payload in canonical form: a decision names it, so nobody approves what was not shown. */
  payload_hash: string
  reason: string | null
  task_id: string | null
  /** The agent that is to be hired. */
  agent_id: string | null
  requested_by_kind: 'system' | 'user' | 'agent'
  requested_by_id: string
  run_id: string | null
  decided_by_kind: 'system' | 'user' | null
  decided_by_id: string | null
  decision_note: string | null
  decided_at: string | null
  version: number
  created_at: string
  updated_at: string
}
