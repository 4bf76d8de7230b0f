import type { Deliverable, DeliverableStatus, ReviewDecision } from './schema.ts'

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
  files: string
  actions: string
  usage: string | null
  provider: string | null
  model: string | null
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

export function toDeliverable(row: DeliverableTable, review: ReviewTable | null): Deliverable {
  return {
    id: row.id,
    companyId: row.company_id,
    taskId: row.task_id,
    runId: row.run_id,
    agentId: row.agent_id,
    number: row.number,
    parentId: row.parent_id,
    title: row.title,
    summary: row.summary,
    content: row.content,
    contentType: row.content_type,
    files: JSON.parse(row.files),
    actions: JSON.parse(row.actions),
    usage: row.usage === null ? null : JSON.parse(row.usage),
    provider: row.provider,
    model: row.model,
    status: row.status,
    review: review && {
      decision: review.decision,
      feedback: review.feedback,
      reviewer: { kind: review.reviewer_kind, id: review.reviewer_id },
      createdAt: review.created_at,
    },
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
