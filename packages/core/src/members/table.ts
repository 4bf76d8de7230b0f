import type { Role } from '../kernel/permissions.ts'
import type { MemberStatus } from './schema.ts'

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
