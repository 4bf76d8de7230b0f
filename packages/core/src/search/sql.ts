import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { SearchEntryTable } from './table.ts'
import { searchableBody, wordsOf } from './words.ts'

type EntityType = SearchEntryTable['entity_type']

export interface SearchEntry {
  readonly type: EntityType
  readonly id: string
  /** The task that it belongs to: with the task it is no longer found. */
  readonly taskId: string | null
  readonly title: string
  readonly body: string
  /** Words that count as the title's and are not shown with it. */
  readonly titleWords?: readonly string[]
}

interface Writing {
  readonly tx: Transaction<Database>
  readonly companyId: string
}

type NewEntry = Omit<SearchEntryTable, 'id'>

const upsert = statement((db, given: NewEntry) =>
  db
    .insertInto('search_entries')
    .values({
      company_id: given.company_id,
      entity_type: given.entity_type,
      entity_id: given.entity_id,
      task_id: given.task_id,
      title: given.title,
      body: given.body,
      title_words: given.title_words,
      body_words: given.body_words,
    })
    .onConflict((conflict) =>
      conflict.columns(['company_id', 'entity_type', 'entity_id']).doUpdateSet((e) => ({
        title: e.ref('excluded.title'),
        body: e.ref('excluded.body'),
        title_words: e.ref('excluded.title_words'),
        body_words: e.ref('excluded.body_words'),
      })),
    ),
)

/** The row by which a thing is found. Pure. */
export function searchRow(companyId: string, entry: SearchEntry): NewEntry {
  const body = searchableBody(entry.body)
  return {
    company_id: companyId,
    entity_type: entry.type,
    entity_id: entry.id,
    task_id: entry.taskId,
    title: entry.title,
    body,
    title_words: [...(entry.titleWords ?? []), ...wordsOf(entry.title)].join(' '),
    body_words: wordsOf(body).join(' '),
  }
}

/** Makes a thing findable by its words, or by its new words, in the transaction that writes the thing. */
export async function writeSearchEntry({ tx, companyId }: Writing, entry: SearchEntry): Promise<void> {
  await upsert(tx, searchRow(companyId, entry))
}

const removeOfTask = statement((db, given: { companyId: string; taskId: string }) =>
  db.deleteFrom('search_entries').where('company_id', '=', given.companyId).where('task_id', '=', given.taskId),
)

/** From now on nobody finds this task, or anything that belongs to it. */
export async function removeSearchEntriesOfTask({ tx, companyId }: Writing, taskId: string): Promise<void> {
  await removeOfTask(tx, { companyId, taskId })
}

const removeOfThing = statement((db, given: { companyId: string; type: EntityType; id: string }) =>
  db
    .deleteFrom('search_entries')
    .where('company_id', '=', given.companyId)
    .where('entity_type', '=', given.type)
    .where('entity_id', '=', given.id),
)

/** From now on nobody finds this thing. */
export async function removeSearchEntry({ tx, companyId }: Writing, given: { type: EntityType; id: string }): Promise<void> {
  await removeOfThing(tx, { companyId, ...given })
}

/** Where all the words must stand, from the most telling place on. */
export const searchPlaces = ['title', 'beginning of the title', 'anywhere'] as const
type SearchPlace = (typeof searchPlaces)[number]

interface Sought {
  readonly companyId: string
  readonly words: readonly string[]
  readonly place: SearchPlace
  readonly types: readonly EntityType[]
  readonly limit: number
}

/** The newest things whose words are all in one place; only there may the last word be the beginning of one, unless it is the title. */
export async function entriesWith(db: Kysely<Database>, sought: Sought): Promise<SearchEntryTableRow[]> {
  const matches =
    familyOf(db) === 'postgres'
      ? sql<boolean>`words @@ ${tsquery(sought)}::tsquery`
      : sql<boolean>`search_entries.id in (select rowid from search_words where search_words match ${matchExpression(sought)})`
  return db
    .selectFrom('search_entries')
    .select(['id', 'entity_type', 'entity_id', 'task_id', 'title', 'body'])
    .where('company_id', '=', sought.companyId)
    .where('entity_type', 'in', sought.types)
    .where(matches)
    .orderBy('id', 'desc')
    .limit(sought.limit)
    .execute()
}

type SearchEntryTableRow = Pick<NewEntry, 'entity_type' | 'entity_id' | 'task_id' | 'title' | 'body'> & { id: number }

// Words are letters and digits only, so quoted they mean nothing but themselves.

function tsquery({ companyId, words, place }: Sought): string {
  const field = place === 'anywhere' ? 'w' : 't'
  const prefix = place === 'title' ? '' : ':*'
  const parts = words.map((word, index) => `'${field}${word}'${index === words.length - 1 ? prefix : ''}`)
  return [`'${companyId}'`, ...parts].join(' & ')
}

function matchExpression({ companyId, words, place }: Sought): string {
  const columns = place === 'anywhere' ? '{title_words body_words}' : 'title_words'
  const prefix = place === 'title' ? '' : ' *'
  const parts = words.map((word, index) => `"${word}"${index === words.length - 1 ? prefix : ''}`)
  return `company_id : "${companyId}" AND ${columns} : (${parts.join(' AND ')})`
}
