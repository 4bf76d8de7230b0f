import type { TaskStatus } from './schema.ts'

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
}

export interface TaskBlockerTable {
  company_id: string
  task_id: string
  blocker_id: string
}
