import type { BillingType, CostEvent } from './schema.ts'

export interface CostEventTable {
  id: string
  company_id: string
  /** Who tells of it; with its own id of the event, once only in a company. */
  source: string
  source_event_id: string
  run_id: string | null
  task_id: string | null
  project_id: string | null
  goal_id: string | null
  agent_id: string | null
  adapter: string | null
  provider: string
  model: string | null
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  cost_micros: number
  /** 1 when nobody is asked to pay it: what a subscription would have cost by the list. */
  is_imputed: number
  /** 1 when nobody knew its price: it counts as what was held for its call, or as nothing. */
  is_unpriced: number
  billing_type: BillingType
  occurred_at: string
  created_at: string
}

/** What is added up by: a company's days and months, what an agent, a project or a model cost in a month, and a task in all. */
export type TotalScope = 'day' | 'month' | 'agent' | 'project' | 'model' | 'task'

/** Sums of cost events, in one row or in several whose sum counts. */
export interface CostTotalTable extends Amounts {
  company_id: string
  scope: TotalScope
  /** The UTC day or month; '' for all time. */
  period: string
  /** Of which agent, project, model or task; '' for the company. */
  subject: string
  billing_type: BillingType
  is_imputed: number
  shard: number
}

export interface Amounts {
  events: number
  /** Of the events, those whose price nobody knew. */
  unpriced: number
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  cost_micros: number
}

/** How far the counters of one model in an agent's conversation about a task are charged. */
export interface SessionChargeTable {
  company_id: string
  agent_id: string
  task_id: string
  subject: string
  run_id: string
  fence: number
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  cost_micros: number
}

export function toCostEvent(row: CostEventTable): CostEvent {
  return {
    id: row.id,
    companyId: row.company_id,
    source: row.source,
    sourceEventId: row.source_event_id,
    runId: row.run_id,
    taskId: row.task_id,
    projectId: row.project_id,
    goalId: row.goal_id,
    agentId: row.agent_id,
    adapter: row.adapter,
    provider: row.provider,
    model: row.model,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cachedInputTokens: row.cached_input_tokens,
    costMicros: row.cost_micros,
    costCents: centsOf(row.cost_micros),
    isImputed: row.is_imputed === 1,
    isPriced: row.is_unpriced === 0,
    billingType: row.billing_type,
    occurredAt: row.occurred_at,
    createdAt: row.created_at,
  }
}

/** Pure. */
export function centsOf(micros: number): number {
  return micros / 10_000
}
