import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import type { SoughtWord } from './rank.ts'
import { companyMark, placeMark } from './search-entry.ts'

/** A word that more entries have is not told from one that all have. */
const mostCounted = 1_000
/** How many entries are weighed: those with the rarest words, and the newest of those that have all. */
const mostRare = 300
const mostWhole = 100

/** Where a search looks: in a project and the company as a whole, or with null in the company with all its projects. */
export interface Place {
  readonly companyId: string
  readonly projectId: string | null
}

export interface Candidate {
  readonly id: string
  readonly project_id: string | null
  readonly title: string
  readonly tokens: number
  readonly title_words: string
  readonly body_words: string
}

/** How many entries have each word, at most `mostCounted`, and how many there are; one statement whatever is sought. */
export async function countEntries(
  db: Kysely<Database>,
  place: Place,
  given: { words: readonly string[]; family: DatabaseFamily },
): Promise<{ total: number; words: SoughtWord[] }> {
  const { write } = expressions(place, given.family)
  const queries = [write([]), ...given.words.map((word) => write([word]))]
  const rows = await counts(db, { companyId: place.companyId, queries: JSON.stringify(queries) })
  const [total = 0, ...each] = rows.map(({ count }) => count)
  return { total, words: given.words.map((word, index) => ({ word, entries: each[index] ?? 0 })) }
}

/**
 * The entries worth weighing, from an index and never more than a few hundred, however many have the words: those with the rarest
 * words, as many as fit, and the newest that have all. Of a word that too many have, the newest.
 */
export async function findCandidates(
  db: Kysely<Database>,
  place: Place,
  given: { words: readonly SoughtWord[]; family: DatabaseFamily },
): Promise<Candidate[]> {
  const present = given.words.filter(({ entries }) => entries > 0)
  if (present.length === 0) return []
  const { write } = expressions(place, given.family)
  const all = present.map(({ word }) => word)
  return candidates(db, { companyId: place.companyId, whole: write(all, 'all'), rare: write(rarest(present), 'any') })
}

/** The rarest words that so many entries have together, and the rarest in any case. Pure. */
export function rarest(words: readonly SoughtWord[]): string[] {
  let entries = 0
  const sorted = words.toSorted((left, right) => left.entries - right.entries || (left.word < right.word ? -1 : 1))
  return sorted.flatMap(({ word, entries: more }, index) => ((entries += more) <= mostRare || index === 0 ? [word] : []))
}

// Words are letters and digits only, and marks a sign and digits, so quoted they mean nothing but themselves. Every expression has a
// mark, and every entry of the company that it is about: entries of others cost nothing.

function expressions({ companyId, projectId }: Place, family: DatabaseFamily) {
  const marks = projectId === null ? [companyMark(companyId)] : [placeMark(companyId), placeMark(projectId)]
  const isPostgres = family === 'postgres'
  const quote = (word: string, column: 't' | 'w') => (isPostgres ? `'${column}${word}'` : `"${word}"`)
  const [and, or, columns] = isPostgres ? [' & ', ' | ', ''] : [' AND ', ' OR ', '{title_words body_words} : ']
  const places = `${isPostgres ? '' : 'title_words : '}(${marks.map((mark) => quote(mark, 't')).join(or)})`
  const write = (words: readonly string[], which: 'all' | 'any' = 'all') => {
    const sought = words.map((word) => quote(word, 'w')).join(which === 'all' ? and : or)
    return words.length === 0 ? places : `${places}${and}${columns}(${sought})`
  }
  return { write }
}

interface Count {
  readonly count: number
}

const counts = statement((db, given: { companyId: string; queries: string }, family) =>
  rawStatement<Count>(
    db,
    family === 'postgres'
      ? sql`select (select count(*) from (
            select company_id from ${tableOf(db, 'search_entries')} where words @@ query.value::tsquery limit ${sql.lit(mostCounted)}
          ) as found where found.company_id = ${given.companyId}) as count
        from jsonb_array_elements_text(${given.queries}::jsonb) with ordinality as query(value, place) order by query.place`
      : // In a company that keeps no knowledge nothing is looked up, however many words are sought. Postgres would read all entries for that.
        sql`select (select count(*) from (
            select rowid from search_words where search_words match query.value limit ${sql.lit(mostCounted)}
          )) as count
        from json_each(${given.queries}) as query
        where exists (select 1 from knowledge_entries where company_id = ${given.companyId} and deleted_at is null)
        order by query.key`,
  ),
)

// The order by an expression keeps Postgres from walking along all entries of the database in the order of their ids.
const candidates = statement((db, given: { companyId: string; whole: string; rare: string }, family) => {
  const entries = tableOf(db, 'search_entries')
  const found = (expression: string, most: number) =>
    family === 'postgres'
      ? sql`select id from (select id from ${entries} where words @@ ${expression}::tsquery order by id + 0 desc limit ${sql.lit(most)}) as found`
      : sql`select id from (select rowid as id from search_words where search_words match ${expression} order by rowid desc limit ${sql.lit(most)})`
  return rawStatement<Candidate>(
    db,
    sql`select e.id, e.project_id, e.title, e.tokens, s.title_words, s.body_words
      from ${entries} as s
      inner join ${tableOf(db, 'knowledge_entries')} as e on e.company_id = s.company_id and e.id = s.entity_id
      where s.company_id = ${given.companyId} and s.id in (${found(given.whole, mostWhole)} union ${found(given.rare, mostRare)})
      order by s.id desc`,
  )
})
