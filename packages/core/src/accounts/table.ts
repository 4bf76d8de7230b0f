import type { Account } from './schema.ts'

/** A person who comes with a password. Of no company, as the person is. */
export interface AccountTable {
  user_id: string
  /** A PHC string: what was made of the password, with the parameters of how. */
  password: string
  /** In every company, and of the installation; null for whoever is only what their memberships say. */
  role: 'owner' | null
  version: number
  created_at: string
  updated_at: string
}

/** What opens an account once. */
export interface AccountLinkTable {
  id: string
  /** setup: makes the first account. password: sets that of a person. */
  kind: 'setup' | 'password'
  user_id: string | null
  token_hash: string
  expires_at: string
  created_at: string
}

export type AttemptKind = 'pair' | 'address' | 'account'

/** How often somebody tried; nothing tells what they tried. */
export interface LoginAttemptTable {
  key: string
  kind: AttemptKind
  /** Tries that have not turned out to be right. */
  count: number
  last_at: string
  blocked_until: string | null
  /** When somebody last logged in to this account from this address. */
  succeeded_at: string | null
}

export interface AccountEventTable {
  id: string
  user_id: string | null
  type: string
  actor_kind: string
  actor_id: string
  address: string | null
  user_agent: string | null
  data: string
  at: string
}

export function toAccount(row: AccountTable & { name: string; email: string | null }): Account {
  return {
    userId: row.user_id,
    name: row.name,
    email: row.email,
    role: row.role,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
