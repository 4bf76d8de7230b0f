import type { SearchEntry } from '../search/sql.ts'
import { wordsOf } from '../search/words.ts'
import type { KnowledgeEntryTable } from './table.ts'

/*
 * An entry has two words that no text has, as they begin with a sign that is no letter: one for all entries of its company, and one
 * for those of its place, which is a project or the company as a whole. By them a search reads nothing but entries of where it looks.
 */

/** The word of all entries of a company. */
export function companyMark(companyId: string): string {
  return `§k${compact(companyId)}`
}

/** The word of the entries of one place: of a project, or of the company as a whole. */
export function placeMark(placeId: string): string {
  return `§p${compact(placeId)}`
}

/** Hyphens would part it into several words. */
function compact(id: string): string {
  return id.replaceAll('-', '')
}

/** What an entry is found by: its title and its tags, then its body. */
export function knowledgeEntry(row: KnowledgeEntryTable): SearchEntry {
  const tags: string[] = JSON.parse(row.tags)
  const marks = [companyMark(row.company_id), placeMark(row.project_id ?? row.company_id)]
  return {
    type: 'knowledge',
    id: row.id,
    taskId: null,
    title: row.title,
    titleWords: [...marks, ...tags.flatMap(wordsOf)],
    body: row.body,
  }
}
