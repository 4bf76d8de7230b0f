import type { Role } from '../kernel/permissions.ts'
import type { Member, MemberStatus } from './schema.ts'

/** A person. Of no company: what they may do in one is their membership there. */
export interface UserTable {
  id: string
  name: string
  email: string | null
  version: number
  created_at: string
  updated_at: string
}

export interface MemberTable {
  id: string
  company_id: string
  user_id: string
  /** The human agent that stands for this person where tasks are assigned. */
  agent_id: string
  /** How the person is called in this company. */
  name: string
  role: Role
  status: MemberStatus
  version: number
  created_at: string
  updated_at: string
}

export function toMember(row: MemberTable & { email: string | null }): Member {
  return {
    id: row.id,
    companyId: row.company_id,
    userId: row.user_id,
    agentId: row.agent_id,
    name: row.name,
    email: row.email,
    role: row.role,
    status: row.status,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
