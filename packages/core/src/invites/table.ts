import type { Role } from '../kernel/permissions.ts'
import type { Invite, StoredInviteStatus } from './schema.ts'

export interface InviteTable {
  id: string
  company_id: string
  email: string | null
  role: Role
  status: StoredInviteStatus
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

export function toInvite(row: InviteTable, now: string): Invite {
  return {
    id: row.id,
    companyId: row.company_id,
    email: row.email,
    role: row.role,
    status: row.status === 'pending' && row.expires_at <= now ? 'expired' : row.status,
    invitedBy: { kind: row.invited_by_kind, id: row.invited_by_id },
    memberId: row.member_id,
    expiresAt: row.expires_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
