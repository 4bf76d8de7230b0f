import { sql, type Kysely } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { longestEmbedded } from './retrieve.ts'

/** A place in the order in which entries changed. */
export interface Position {
  readonly at: string
  readonly id: string
}

/** An entry as an embedder may have to see it; without its text when there is a vector of its present version. */
export interface EmbeddableEntry {
  readonly id: string
  readonly companyId: string
  readonly version: number
  readonly updatedAt: string
  readonly isEmbedded: boolean
  readonly title: string
  readonly tags: string
  readonly body: string
}

// The text is asked for only where it is needed.
const entriesAfter = statement((db, given: { embedder: string; at: string; id: string; limit: number }) => {
  const missing = (column: 'title' | 'tags' | 'body') =>
    sql<string>`case when v.entry_id is null then substr(${column === 'tags' ? sql`cast(e.tags as text)` : sql.ref(`e.${column}`)}, 1, ${sql.lit(longestEmbedded)}) else '' end`.as(
      column,
    )
  return db
    .selectFrom('knowledge_entries as e')
    .leftJoin('knowledge_vectors as v', (join) =>
      join
        .onRef('v.company_id', '=', 'e.company_id')
        .on('v.embedder', '=', given.embedder)
        .onRef('v.entry_id', '=', 'e.id')
        .onRef('v.entry_version', '=', 'e.version'),
    )
    .select(['e.id', 'e.company_id', 'e.version', 'e.updated_at', 'v.entry_id', missing('title'), missing('tags'), missing('body')])
    .where('e.deleted_at', 'is', null)
    .where('e.updated_at', '>=', given.at)
    .where((e) => e.or([e('e.updated_at', '>', given.at), e('e.id', '>', given.id)]))
    .orderBy('e.updated_at')
    .orderBy('e.id')
    .limit(given.limit)
})

/** Entries of all companies after a position, in the order in which they changed. */
export async function entriesFrom(
  db: Kysely<Database>,
  given: { embedder: string; position: Position; limit: number },
): Promise<EmbeddableEntry[]> {
  const { embedder, position, limit } = given
  const rows = await entriesAfter(db, { embedder, ...position, limit })
  return rows.map((row) => ({
    id: row.id,
    companyId: row.company_id,
    version: row.version,
    updatedAt: row.updated_at,
    isEmbedded: row.entry_id !== null,
    title: row.title,
    tags: row.tags,
    body: row.body,
  }))
}

/** What an embedder is given of an entry. Pure. */
export function embeddedText({ title, tags, body }: Pick<EmbeddableEntry, 'title' | 'tags' | 'body'>): string {
  const words: string[] = JSON.parse(tags)
  return [title, words.join(', '), body].join('\n').slice(0, longestEmbedded).toWellFormed()
}
