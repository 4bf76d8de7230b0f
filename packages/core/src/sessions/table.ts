import type { Session } from '../accounts/schema.ts'

/** Somebody who logged in, from one place. It is gone when it ended. */
export interface SessionTable {
  id: string
  user_id: string
  /** SHA-256 of its token. */
  token_hash: string
  address: string | null
  user_agent: string | null
  created_at: string
  last_used_at: string
  expires_at: string
}

export function toSession(row: SessionTable, currentId: string | undefined): Session {
  return {
    id: row.id,
    isCurrent: row.id === currentId,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  }
}
