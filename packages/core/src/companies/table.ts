import type { Company, CompanyStatus } from './schema.ts'

export interface CompanyTable {
  id: string
  name: string
  description: string | null
  status: CompanyStatus
  task_prefix: string
  task_counter: number
  settings: string
  version: number
  created_at: string
  updated_at: string
}

export function toCompany(row: CompanyTable): Company {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    taskPrefix: row.task_prefix,
    settings: JSON.parse(row.settings),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
