import type { Route } from './schema.ts'

export interface RouteTable {
  id: string
  company_id: string
  /** At most one of these two; neither for the whole company. */
  project_id: string | null
  agent_id: string | null
  name: string
  events: string
  conditions: string
  destination_type: string
  config: string
  mapping: string | null
  template: string | null
  retry: string
  digest: string | null
  /** 0 or 1. */
  is_enabled: number
  /** A route that was removed is found by nobody; its row stays for its deliveries. */
  removed_at: string | null
  version: number
  created_at: string
  updated_at: string
}

/** What a route listens to while it is enabled. */
export interface RouteEventTable {
  company_id: string
  /** A type of event, `task.*`, or `*`. */
  pattern: string
  route_id: string
}

export function toRoute(row: RouteTable): Route {
  return {
    id: row.id,
    companyId: row.company_id,
    projectId: row.project_id,
    agentId: row.agent_id,
    name: row.name,
    events: JSON.parse(row.events),
    conditions: JSON.parse(row.conditions),
    destinationType: row.destination_type,
    config: JSON.parse(row.config),
    mapping: row.mapping === null ? null : JSON.parse(row.mapping),
    template: row.template === null ? null : JSON.parse(row.template),
    retry: JSON.parse(row.retry),
    digest: row.digest === null ? null : JSON.parse(row.digest),
    isEnabled: row.is_enabled === 1,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
