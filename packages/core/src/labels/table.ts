export interface LabelTable {
  id: string
  company_id: string
  name: string
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
