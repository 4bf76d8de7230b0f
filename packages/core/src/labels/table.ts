import type { Label } from './schema.ts'

export interface LabelTable {
  id: string
  company_id: string
  name: string
  /** The name as it is compared: no two labels of a company differ in case only. */
  name_key: string
  color: string | null
  version: number
  created_at: string
  updated_at: string
}

export interface TaskLabelTable {
  company_id: string
  task_id: string
  label_id: string
}

export function toLabel(row: LabelTable): Label {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    color: row.color,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** What a name is compared by, the same on every database. Pure. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}
