import type { CompanyStatus } from './schema.ts'

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
