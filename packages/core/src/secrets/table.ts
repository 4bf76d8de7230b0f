import type { AccessOutcome, Secret, SecretAccess, SecretStatus, SecretUse, SecretVersion, SecretVersionStatus } from './schema.ts'

export interface SecretTable {
  id: string
  company_id: string
  name: string
  /** The name as it is compared: no two secrets of a company differ in case only. */
  name_key: string
  description: string | null
  status: SecretStatus
  current_version: number
  version: number
  created_at: string
  updated_at: string
}

/** A value, sealed for this company, secret and number; empty once it is destroyed. */
export interface SecretVersionTable {
  company_id: string
  secret_id: string
  number: number
  status: SecretVersionStatus
  sealed: string
  created_by_kind: 'system' | 'user' | 'agent'
  created_by_id: string
  created_at: string
  destroyed_at: string | null
}

/** Where a secret goes: bound to a variable of the runs of somebody, or named in somebody's configuration. */
export interface SecretUseTable {
  id: string
  company_id: string
  secret_id: string
  kind: 'binding' | 'reference'
  /** The agent, the project, or the company itself. */
  target_id: string
  agent_id: string | null
  project_id: string | null
  route_id: string | null
  plugin_id: string | null
  place: string
  number: number | null
  created_at: string
}

/** That a run, a route or a plugin wanted a value; the newest ones of each secret are kept. */
export interface SecretAccessTable {
  id: string
  company_id: string
  secret_id: string
  number: number | null
  outcome: AccessOutcome
  run_id: string | null
  agent_id: string | null
  route_id: string | null
  plugin_id: string | null
  at: string
}

export function toSecret(row: SecretTable): Secret {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    description: row.description,
    status: row.status,
    currentVersion: row.current_version,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toVersion(row: Omit<SecretVersionTable, 'sealed'>): SecretVersion {
  return {
    secretId: row.secret_id,
    number: row.number,
    status: row.status,
    createdBy: { kind: row.created_by_kind, id: row.created_by_id },
    createdAt: row.created_at,
    destroyedAt: row.destroyed_at,
  }
}

export function toUse(row: SecretUseTable): SecretUse {
  return {
    id: row.id,
    secretId: row.secret_id,
    kind: row.kind,
    agentId: row.agent_id,
    projectId: row.project_id,
    routeId: row.route_id,
    pluginId: row.plugin_id,
    place: row.place,
    number: row.number,
    createdAt: row.created_at,
  }
}

export function toAccess(row: SecretAccessTable): SecretAccess {
  return {
    id: row.id,
    secretId: row.secret_id,
    number: row.number,
    outcome: row.outcome,
    runId: row.run_id,
    agentId: row.agent_id,
    routeId: row.route_id,
    pluginId: row.plugin_id,
    at: row.at,
  }
}
