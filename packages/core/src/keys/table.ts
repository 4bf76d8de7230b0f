import type { Scope } from '../kernel/permissions.ts'
import type { Key } from './schema.ts'

export interface KeyTable {
  id: string
  company_id: string
  kind: 'user' | 'agent'
  /** Whom a user's key acts for. */
  member_id: string | null
  /** Whom an agent's key acts for. */
  agent_id: string | null
  name: string
  /** How the key begins: enough to tell keys apart, too little to guess one. */
  prefix: string
  /** SHA-256 of the whole key. */
  hash: string
  /** JSON list of the scopes that it is limited to; null for all that its holder may. */
  scopes: string | null
  expires_at: string | null
  revoked_at: string | null
  last_used_at: string | null
  created_by_kind: 'system' | 'user' | 'agent'
  created_by_id: string
  version: number
  created_at: string
  updated_at: string
}

/** What a key is limited to; null for all that its holder may. */
export function scopesOf(row: { scopes: string | null }): Scope[] | null {
  return row.scopes === null ? null : JSON.parse(row.scopes)
}

/** Shows all of a key but its text, which nobody has any more. */
export function toKey(row: KeyTable): Key {
  return {
    id: row.id,
    companyId: row.company_id,
    kind: row.kind,
    memberId: row.member_id,
    agentId: row.agent_id,
    name: row.name,
    prefix: row.prefix,
    scopes: scopesOf(row),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    createdBy: { kind: row.created_by_kind, id: row.created_by_id },
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
