import type { Company, CompanyStatus, StrategyGate } from './schema.ts'

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
  strategy_gate: StrategyGate
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
    pauseReason: row.pause_reason,
    taskPrefix: row.task_prefix,
    requiresHireApproval: row.requires_hire_approval === 1,
    requiresStrategyApproval: row.strategy_gate !== 'none',
    strategyGate: row.strategy_gate,
    brandColor: row.brand_color,
    attachmentMaxBytes: row.attachment_max_bytes,
    defaultAgentId: row.default_agent_id,
    settings: JSON.parse(row.settings),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
