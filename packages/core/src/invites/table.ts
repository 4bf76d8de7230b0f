import type { Role } from '../kernel/permissions.ts'
import type { InviteStatus } from './schema.ts'

export interface InviteTable {
  id: string
  company_id: string
  email: string | null
  role: Role
  status: InviteStatus
  token_hash: string
  invited_by_kind: 'system' | 'user' | 'agent'
  invited_by_id: string
  /** Who came of it. */
  member_id: string | null
  expires_at: string
  version: number
  created_at: string
  updated_at: string
}
