import type { eventActor } from '../kernel/actor.ts'
import type { KnowledgeEntry, KnowledgeHead } from './schema.ts'

type AuthorKind = ReturnType<typeof eventActor>['kind']

export interface KnowledgeEntryTable {
  id: string
  company_id: string
  /** Null for what the whole company should know. */
  project_id: string | null
  title: string
  body: string
  tags: string
  source: string | null
  /** Of title and body together; see kernel/tokens.ts. */
  tokens: number
  created_by_kind: AuthorKind
  created_by_id: string
  updated_by_kind: AuthorKind
  updated_by_id: string
  version: number
  created_at: string
  updated_at: string
  /** A deleted entry is found by nobody; its row stays for the log. */
  deleted_at: string | null
}

/** The tags of entries that are not deleted. */
export interface KnowledgeTagTable {
  company_id: string
  tag: string
  entry_id: string
}

/** What an embedder makes of one version of an entry; an entry that has moved on since has none. */
export interface KnowledgeVectorTable {
  company_id: string
  embedder: string
  entry_id: string
  entry_version: number
  /** Base64 of 32-bit floats, the lowest byte first. */
  vector: string
}

export function toHead(row: Omit<KnowledgeEntryTable, 'body'>): KnowledgeHead {
  return {
    id: row.id,
    companyId: row.company_id,
    projectId: row.project_id,
    title: row.title,
    tags: JSON.parse(row.tags),
    source: row.source,
    tokens: row.tokens,
    createdBy: { kind: row.created_by_kind, id: row.created_by_id },
    updatedBy: { kind: row.updated_by_kind, id: row.updated_by_id },
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toEntry(row: KnowledgeEntryTable): KnowledgeEntry {
  return { ...toHead(row), body: row.body }
}
