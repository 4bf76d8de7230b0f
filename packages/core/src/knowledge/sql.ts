import type { Kysely, Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { KnowledgeEntryTable } from './table.ts'

const entryById = rowById('knowledge_entries')

/** An entry that is not deleted. */
export async function findEntry(db: Kysely<Database>, id: string): Promise<KnowledgeEntryTable | null> {
  const entry = await entryById(db, id)
  return entry?.deleted_at === null ? entry : null
}

export const locatedEntries = locatedRows(findEntry)

export const changeEntry = versionedChange('knowledge_entries', 'knowledge entry')

/** Makes these the tags by which lists find an entry; none takes it out of every such list. */
export async function replaceTags(tx: Transaction<Database>, entry: KnowledgeEntryTable, tags: readonly string[]): Promise<void> {
  const { company_id, id: entry_id } = entry
  await tx.deleteFrom('knowledge_tags').where('company_id', '=', company_id).where('entry_id', '=', entry_id).execute()
  await insertTags(tx, entry, tags)
}

export async function insertTags(
  tx: Transaction<Database>,
  { company_id, id: entry_id }: KnowledgeEntryTable,
  tags: readonly string[],
): Promise<void> {
  if (tags.length === 0) return
  await tx
    .insertInto('knowledge_tags')
    .values(tags.map((tag) => ({ company_id, tag, entry_id })))
    .execute()
}

const heads = [
  'id',
  'company_id',
  'project_id',
  'title',
  'tags',
  'source',
  'tokens',
  'created_by_kind',
  'created_by_id',
  'updated_by_kind',
  'updated_by_id',
  'version',
  'created_at',
  'updated_at',
  'deleted_at',
] as const satisfies readonly (keyof KnowledgeEntryTable)[]

interface ListInput {
  readonly companyId: string
  /** Null for those of the whole company, undefined for all. */
  readonly projectId: string | null | undefined
  readonly tag: string | undefined
  readonly after: string | undefined
  readonly limit: number
}

/** Entries without their bodies in the order of their ids, which is that of an index for each filter; a tag goes before a project. */
export async function listEntries(db: Kysely<Database>, given: ListInput): Promise<Omit<KnowledgeEntryTable, 'body'>[]> {
  const { companyId, projectId, tag, after, limit } = given
  let rows = db
    .selectFrom('knowledge_entries')
    .select(heads.map((column) => `knowledge_entries.${column}` as const))
    .where('knowledge_entries.company_id', '=', companyId)
    .where('knowledge_entries.deleted_at', 'is', null)
    .limit(limit)
  if (projectId !== undefined) rows = rows.where('knowledge_entries.project_id', projectId === null ? 'is' : '=', projectId)
  if (tag === undefined) {
    rows = rows.orderBy('knowledge_entries.id')
    return (after === undefined ? rows : rows.where('knowledge_entries.id', '>', after)).execute()
  }
  const tagged = rows
    .innerJoin('knowledge_tags', (join) =>
      join
        .onRef('knowledge_tags.company_id', '=', 'knowledge_entries.company_id')
        .onRef('knowledge_tags.entry_id', '=', 'knowledge_entries.id'),
    )
    .where('knowledge_tags.company_id', '=', companyId)
    .where('knowledge_tags.tag', '=', tag)
    .orderBy('knowledge_tags.entry_id')
  return (after === undefined ? tagged : tagged.where('knowledge_tags.entry_id', '>', after)).execute()
}

export interface EntryText {
  readonly id: string
  readonly project_id: string | null
  readonly title: string
  readonly tags: string
  readonly source: string | null
  readonly tokens: number
  readonly updated_at: string
  readonly body: string
}

/** Entries by id, each with the first characters of its body. */
export async function readTexts(
  db: Kysely<Database>,
  given: { companyId: string; ids: readonly string[]; characters: number },
): Promise<Map<string, EntryText>> {
  if (given.ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('knowledge_entries')
    .select(['id', 'project_id', 'title', 'tags', 'source', 'tokens', 'updated_at'])
    .select((e) => e.fn<string>('substr', ['body', e.lit(1), e.val(given.characters)]).as('body'))
    .where('company_id', '=', given.companyId)
    .where('id', 'in', [...given.ids])
    .where('deleted_at', 'is', null)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}
