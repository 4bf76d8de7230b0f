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
