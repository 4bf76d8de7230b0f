import type { BudgetIncidentStatus, BudgetMetric, BudgetResolution, BudgetScope, BudgetWindow } from './schema.ts'

export interface BudgetTable {
  id: string
  company_id: string
  scope: BudgetScope
  /** The id of what it is over: the one of the three below that is set, or the company. */
  scope_id: string
  project_id: string | null
  agent_id: string | null
  task_id: string | null
  time_window: BudgetWindow
  metric: BudgetMetric
  limit_amount: number
  warn_percent: number
  /** 0 or 1. */
  is_hard: number
  removed_at: string | null
  version: number
  created_at: string
  updated_at: string
}

/** What of a budget is used in one of its periods. */
export interface BudgetPeriodTable {
  company_id: string
  budget_id: string
  starts_at: string
  ends_at: string | null
  /** Of the budget, repeated so that the database itself holds what is spent and held below it. */
  limit_amount: number
  is_hard: number
  spent: number
  held: number
  /** How far bills that came late, or a limit that was lowered, have gone beyond it. */
  excess: number
  is_warned: number
}

/** Money, tokens and time that are set aside for a call of a model or for a run, until it is known what it used. */
export interface BudgetHoldTable {
  id: string
  company_id: string
  run_id: string
  agent_id: string
  project_id: string | null
  task_id: string
  kind: 'call' | 'run'
  status: 'open' | 'posted' | 'released' | 'expired'
  /** The most that it may use; null where no budget says. */
  cost_micros: number | null
  tokens: number | null
  wall_ms: number | null
  admitted_at: string
  ended_at: string | null
  /** Of the model whose call it is; null for one of a run. */
  provider: string | null
  model: string | null
  version: number
}

/** What a hold takes of one budget. */
export interface BudgetHoldLineTable {
  company_id: string
  hold_id: string
  budget_id: string
  starts_at: string
  amount: number
}

/** A budget that is used up: while its row is there, nothing starts in its scope. */
export interface BudgetStopTable {
  company_id: string
  budget_id: string
  scope_id: string
  starts_at: string
  ends_at: string | null
  created_at: string
}

export interface BudgetIncidentTable {
  id: string
  company_id: string
  budget_id: string
  starts_at: string
  status: BudgetIncidentStatus
  resolution: BudgetResolution | null
  limit_amount: number
  spent: number
  held: number
  approval_id: string | null
  resolved_by_kind: 'system' | 'user' | 'agent' | null
  resolved_by_id: string | null
  resolved_at: string | null
  version: number
  created_at: string
  updated_at: string
}

/** A budget with what is used of it in one period. */
export interface Standing {
  readonly budget: BudgetTable
  readonly period: BudgetPeriodTable
  readonly isStopped: boolean
}
