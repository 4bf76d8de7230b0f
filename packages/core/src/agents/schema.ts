import { z } from 'zod'

import { Id, IsoTime, LongText, Name, Tags, jsonObject } from '../kernel/schema.ts'
export const AgentStatus = z.enum(['pending_approval', 'idle', 'running', 'error', 'paused', 'terminated'])
export type AgentStatus = z.infer<typeof AgentStatus>
export type StoredAgentStatus = Exclude<AgentStatus, 'running'>
export const PauseReason = z.enum(['manual', 'budget', 'system', 'import'])
export type PauseReason = z.infer<typeof PauseReason>
export const ExecutionMode = z
  .enum(['auto', 'manual', 'polling', 'human'])
  .describe(
    'auto: assigned work starts by itself; manual: somebody checks tasks out for it; polling: the agent asks; human: a person works.',
  )
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
