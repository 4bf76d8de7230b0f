import { z } from 'zod'

import { Id, IsoTime, LongText, Name, Tags, jsonObject } from '../kernel/schema.ts'
import type { AgentTable } from './table.ts'

export const AgentStatus = z.enum(['pending_approval', 'idle', 'running', 'error', 'paused', 'terminated'])
export type AgentStatus = z.infer<typeof AgentStatus>
export type StoredAgentStatus = Exclude<AgentStatus, 'running'>
export const PauseReason = z.enum(['manual', 'budget', 'system', 'import'])
export type PauseReason = z.infer<typeof PauseReason>
export const ExecutionMode = z
  .enum(['auto', 'manual', 'polling', 'human'])
  .describe('auto: assigned work starts by itself; manual: by tasks.checkout or agents.invoke; polling: the agent asks; human: a person works.')
export type ExecutionMode = z.infer<typeof ExecutionMode>

export const Agent = z
  .object({
    id: Id,
    companyId: Id,
    name: z.string(),
    role: z.string(),
    title: z.string().nullable(),
    instructions: z.string().nullable(),
    reportsTo: Id.nullable(),
    status: AgentStatus,
    pauseReason: PauseReason.nullable(),
    errorMessage: z.string().nullable(),
    capabilities: z.array(z.string()),
    adapterType: z.string(),
    adapterConfig: jsonObject.nullable().describe('Shown to admins only, null for others.'),
    executionMode: ExecutionMode,
    maxConcurrentRuns: z.number().int(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Agent' })
export type Agent = z.infer<typeof Agent>

export const AgentInput = {
  name: Name,
  role: Name,
  title: Name.nullable().optional(),
  instructions: LongText.nullable().optional(),
  reportsTo: Id.nullable().optional(),
  capabilities: Tags.optional(),
  adapterType: z.string().max(64).optional(),
  adapterConfig: jsonObject.optional(),
  executionMode: ExecutionMode.optional(),
  maxConcurrentRuns: z.number().int().min(1).max(50).optional(),
}

/** Shows a row; `view` says what cannot be read from the row alone. */
export function toAgent(row: AgentTable, view: { isRunning: boolean; showsConfig: boolean }): Agent {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    role: row.role,
    title: row.title,
    instructions: row.instructions,
    reportsTo: row.reports_to,
    status: row.status === 'idle' && view.isRunning ? 'running' : row.status,
    pauseReason: row.pause_reason,
    errorMessage: row.error_message,
    capabilities: JSON.parse(row.capabilities),
    adapterType: row.adapter_type,
    adapterConfig: view.showsConfig ? JSON.parse(row.adapter_config) : null,
    executionMode: row.execution_mode,
    maxConcurrentRuns: row.max_concurrent_runs,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
