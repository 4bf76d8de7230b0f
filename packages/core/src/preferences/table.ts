import type { Preference, PreferenceScope } from './schema.ts'

export interface PreferenceTable {
  id: string
  company_id: string
  scope: PreferenceScope
  /** The id of the company, project, agent, task or person. */
  scope_id: string
  key: string
  value: string
  version: number
  created_at: string
  updated_at: string
}

/** A preference as it counts for somebody's work. */
export interface Preferred {
  readonly key: string
  /** JSON text. */
  readonly value: string
  readonly scope: PreferenceScope
  readonly scope_id: string
  /** How far above the task its own task is; 0 where it is of no task. */
  readonly distance: number
}

export function toPreference(row: PreferenceTable): Preference {
  return {
    id: row.id,
    companyId: row.company_id,
    scope: row.scope,
    scopeId: row.scope_id,
    key: row.key,
    value: JSON.parse(row.value),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
