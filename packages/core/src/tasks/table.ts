import { priorityName, type Task, type TaskOrigin, type TaskStatus } from './schema.ts'

export interface TaskTable {
  id: string
  company_id: string
  /** Such as ACM-42; its prefix is the company's and unique in the database. */
  identifier: string
  title: string
  description: string | null
  status: TaskStatus
  /** 0 is the most urgent, so that the index order is the order of work. */
  priority: number
  goal_id: string | null
  parent_id: string | null
  assignee_agent_id: string | null
  preferred_agent_id: string | null
  required_capabilities: string
  tags: string
  acceptance_criteria: string
  context: string
  max_attempts: number
  blocked_reason: string | null
  blocked_owner: string | null
  progress_percent: number
  progress_message: string | null
  fence: number
  checkout_run_id: string | null
  checkout_agent_id: string | null
  checkout_at: string | null
  version: number
  created_at: string
  updated_at: string
  started_at: string | null
  completed_at: string | null
  cancelled_at: string | null
  project_id: string | null
  sprint_id: string | null
  assignee_user_id: string | null
  /** The task whose subtree is held; nothing in it starts. */
  held_by_task_id: string | null
  due_at: string | null
  /** When it was said that the task is overdue; null again with another due date. */
  overdue_at: string | null
  billing_code: string | null
  /** 1 when it may have labels; 0 when there is nothing to look for. */
  is_labelled: number
  /** 1 when somebody may have been asked about it; 0 when there is nothing to look for. */
  is_asked: number
  /** How many requests it is away from a person's: its parent's plus one. */
  request_depth: number
  origin: TaskOrigin
  created_by_kind: 'system' | 'user' | 'agent'
  created_by_id: string
  /** A deleted task is found by nobody; its row stays for what refers to it. */
  deleted_at: string | null
  /** When its status last changed otherwise than by a run that came and went; null when it never did. */
  moved_at: string | null
}

export interface TaskBlockerTable {
  company_id: string
  task_id: string
  blocker_id: string
}

/** Shows a row that has no labels, or with those it has; see `showTask`. */
export function toTask(row: TaskTable, labels: Task['labels'] = []): Task {
  return {
    id: row.id,
    companyId: row.company_id,
    identifier: row.identifier,
    title: row.title,
    description: row.description,
    status: row.status,
    priority: priorityName(row.priority),
    projectId: row.project_id,
    sprintId: row.sprint_id,
    goalId: row.goal_id,
    parentId: row.parent_id,
    assigneeAgentId: row.assignee_agent_id,
    assigneeUserId: row.assignee_user_id,
    preferredAgentId: row.preferred_agent_id,
    requiredCapabilities: JSON.parse(row.required_capabilities),
    tags: JSON.parse(row.tags),
    labels,
    acceptanceCriteria: JSON.parse(row.acceptance_criteria),
    context: JSON.parse(row.context),
    maxAttempts: row.max_attempts,
    dueDate: row.due_at,
    overdueAt: row.overdue_at,
    billingCode: row.billing_code,
    requestDepth: row.request_depth,
    origin: row.origin,
    createdBy: { kind: row.created_by_kind, id: row.created_by_id },
    heldByTaskId: row.held_by_task_id,
    blocked: row.blocked_reason === null ? null : { reason: row.blocked_reason, owner: row.blocked_owner },
    progress: { percent: row.progress_percent, message: row.progress_message },
    checkout: toCheckout(row),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    cancelledAt: row.cancelled_at,
  }
}

function toCheckout(row: TaskTable): Task['checkout'] {
  if (row.checkout_run_id === null || row.checkout_agent_id === null || row.checkout_at === null) return null
  return { runId: row.checkout_run_id, agentId: row.checkout_agent_id, since: row.checkout_at, fence: row.fence }
}
