import type { GeneratedAlways } from 'kysely'

/** The words by which a thing is found; written with the thing itself, and the only table that search reads. */
export interface SearchEntryTable {
  id: GeneratedAlways<number>
  company_id: string
  entity_type: 'task' | 'comment' | 'document' | 'deliverable' | 'knowledge'
  entity_id: string
  task_id: string | null
  title: string
  body: string
  /** The title's words as search compares them; see words.ts. */
  title_words: string
  body_words: string
}
