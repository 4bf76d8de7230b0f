import type { CommandContext } from '../kernel/command.ts'

export interface CostEntry {
  readonly companyId: string
  readonly source: string
  readonly sourceEventId: string
  readonly runId: string | null
  readonly taskId: string | null
  readonly projectId: string | null
  readonly goalId: string | null
  readonly agentId: string | null
  readonly adapter: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly costMicros: number
  readonly isImputed: boolean
  readonly billingType: 'metered' | 'subscription' | 'credits' | 'unknown'
  readonly occurredAt: Date
}

export async function recordCost(context: CommandContext, entry: CostEntry): Promise<void> {
  const { runId, agentId, costMicros } = entry
  context.emit('cost.recorded', { type: 'budget', id: context.newId(), version: 1 }, { runId, agentId, costMicros })
}
