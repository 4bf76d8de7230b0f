import type { NodeKey } from './schema.ts'

export interface NodeKeyTable {
  id: string
  name: string
  /** How the key begins: enough to tell keys apart, too little to guess one. */
  prefix: string
  /** SHA-256 of the whole key. */
  hash: string
  expires_at: string | null
  revoked_at: string | null
  created_by: string
  created_at: string
}

/** Shows all of a key but its text, which nobody has any more. */
export function toNodeKey(row: NodeKeyTable): NodeKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
  }
}
