import type { Company, CompanyStatus } from './schema.ts'

export interface CompanyTable {
  id: string
  name: string
  description: string | null
  status: CompanyStatus
  task_prefix: string
  task_counter: number
  settings: string
  /** 0 or 1: whether an agent that is created waits for the approval of its hire. */
  requires_hire_approval: number
  /** 'closed' until the first strategy is approved, in a company that asks for it: nothing starts there. */
  strategy_gate: 'none' | 'closed' | 'open'
  pause_reason: string | null
  brand_color: string | null
  attachment_max_bytes: number
  /** Who gets its tasks when no rule fits. */
  default_agent_id: string | null
  version: number
  created_at: string
  updated_at: string
}

export function toCompany(row: CompanyTable): Company {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    taskPrefix: row.task_prefix,
    settings: JSON.parse(row.settings),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
