import { visiblePayload } from './payload.ts'
import type { Approval, ApprovalStatus, ApprovalType } from './schema.ts'

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

/** Shows a row; the configuration in a hire only to those who may configure agents. */
export function toApproval(row: ApprovalTable, view: { showsConfig: boolean }): Approval {
  const { decided_by_kind: kind, decided_by_id: id } = row
  return {
    id: row.id,
    companyId: row.company_id,
    type: row.type,
    subject: row.subject,
    status: row.status,
    ...visiblePayload(row, view),
    payloadHash: row.payload_hash,
    reason: row.reason,
    taskId: row.task_id,
    agentId: row.agent_id,
    requestedBy: { kind: row.requested_by_kind, id: row.requested_by_id, runId: row.run_id },
    decidedBy: kind !== null && id !== null ? { kind, id } : null,
    decisionNote: row.decision_note,
    decidedAt: row.decided_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
