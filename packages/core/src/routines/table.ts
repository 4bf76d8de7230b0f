import type { Fire, FireSource, FireStatus, CatchUp, Concurrency, Routine, RoutineStatus, Scheme, TaskTemplate, Trigger } from './schema.ts'

export interface RoutineTable {
  id: string
  company_id: string
  name: string
  /** The name as it is compared: no two live routines of a company differ in case only. */
  name_key: string
  description: string | null
  status: RoutineStatus
  pause_reason: string | null
  assignee_agent_id: string | null
  project_id: string | null
  goal_id: string | null
  /** The rest of what its tasks are. */
  template: string
  variables: string
  concurrency: Concurrency
  catch_up: CatchUp
  /** How many fires failed in a row; counts by itself, so it is no part of `version`. */
  failures: number
  version: number
  created_at: string
  updated_at: string
}

export interface RoutineTriggerTable {
  id: string
  company_id: string
  routine_id: string
  kind: 'cron' | 'webhook'
  is_enabled: number
  expression: string | null
  time_zone: string | null
  /** What it waits for; null while nothing is to come. Moves by itself, so it is no part of `version`. */
  next_at: string | null
  scheme: Scheme | null
  window_sec: number | null
  mapping: string
  /** A bearer's SHA-256, or what the secret store made of a key that signs. */
  key_text: string | null
  previous_key_text: string | null
  previous_until: string | null
  last_fired_at: string | null
  /** A trigger that was removed is found by nobody; its row stays for its fires. */
  removed_at: string | null
  version: number
  created_at: string
  updated_at: string
}

export interface RoutineFireTable {
  id: string
  company_id: string
  routine_id: string
  trigger_id: string | null
  source: FireSource
  scheduled_for: string | null
  delivery_id: string | null
  status: FireStatus
  reason: string | null
  task_id: string | null
  variables: string
  created_at: string
}

export function toTemplate(row: RoutineTable): TaskTemplate {
  const rest: TaskTemplate = JSON.parse(row.template)
  return { ...rest, assigneeAgentId: row.assignee_agent_id, projectId: row.project_id, goalId: row.goal_id }
}

export function toRoutine(row: RoutineTable): Routine {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    description: row.description,
    status: row.status,
    pauseReason: row.pause_reason,
    task: toTemplate(row),
    variables: JSON.parse(row.variables),
    concurrency: row.concurrency,
    catchUp: row.catch_up,
    failuresInARow: row.failures,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toTrigger(row: RoutineTriggerTable, now: string): Trigger {
  const isWebhook = row.kind === 'webhook'
  return {
    id: row.id,
    companyId: row.company_id,
    routineId: row.routine_id,
    kind: row.kind,
    isEnabled: row.is_enabled === 1,
    expression: row.expression,
    timeZone: row.time_zone,
    nextAt: row.next_at,
    scheme: row.scheme,
    windowSec: row.window_sec,
    mapping: isWebhook ? JSON.parse(row.mapping) : null,
    path: isWebhook ? `/api/hooks/${row.id}` : null,
    previousKeyUntil: row.previous_until !== null && row.previous_until > now ? row.previous_until : null,
    lastFiredAt: row.last_fired_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toFire(row: RoutineFireTable): Fire {
  return {
    id: row.id,
    companyId: row.company_id,
    routineId: row.routine_id,
    triggerId: row.trigger_id,
    source: row.source,
    scheduledFor: row.scheduled_for,
    deliveryId: row.delivery_id,
    status: row.status,
    reason: row.reason,
    taskId: row.task_id,
    variables: JSON.parse(row.variables),
    createdAt: row.created_at,
  }
}
