import type { DeliverableStatus, ReviewDecision } from './schema.ts'

export interface DeliverableTable {
  id: string
  company_id: string
  task_id: string
  run_id: string | null
  agent_id: string | null
  /** 1, 2, 3 … within the task. */
  number: number
  parent_id: string | null
  title: string
  summary: string | null
  content: string
  content_type: string
  status: DeliverableStatus
  version: number
  created_at: string
  updated_at: string
}

export interface ReviewTable {
  deliverable_id: string
  company_id: string
  decision: ReviewDecision
  feedback: string | null
  reviewer_kind: 'system' | 'user' | 'agent'
  reviewer_id: string
  created_at: string
}
