import { z } from 'zod'

import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { listOf } from '../kernel/page.ts'
import type { Scope } from '../kernel/permissions.ts'
import { Id, wholeNumber } from '../kernel/schema.ts'
import { entriesWith, searchPlaces } from './sql.ts'
import type { SearchEntryTable } from './table.ts'
import { excerptOf, soughtWords } from './words.ts'

const SearchType = z.enum(['task', 'comment', 'document', 'deliverable', 'knowledge'])

/** What its finder must be allowed to read. */
const readBy = {
  task: 'tasks:read',
  comment: 'comments:read',
  document: 'documents:read',
  deliverable: 'deliverables:read',
  knowledge: 'knowledge:read',
} as const satisfies Record<z.infer<typeof SearchType>, Scope>

const Finding = z
  .object({
    type: SearchType,
    id: Id,
    taskId: Id.nullable(),
    title: z.string().describe('Its title; of a task, the identifier and the title.'),
    excerpt: z.string().describe('A piece of its text around what was sought.'),
  })
  .meta({ id: 'Finding' })

export const find = query({
  title: 'Find tasks, comments, documents, deliverables and knowledge by their words',
  description:
    'All words must be there, in any order; the last one may be the beginning of a word. Titles come before texts, newer before older. Case and punctuation do not matter, nothing in a query is an operator.',
  input: z.strictObject({
    companyId: Id,
    query: z.string().min(1).max(500),
    types: listOf(SearchType),
    limit: wholeNumber(1, 50).prefault(20),
  }),
  output: z.object({ items: z.array(Finding) }),
  access: { scope: 'tasks:read', company: 'company' },
  http: ['GET', '/companies/:companyId/search'],
  async handle(context, { query: text, limit, ...given }) {
    const { db, companyId } = context
    const types = (given.types ?? SearchType.options).filter((type) => may(context, readBy[type]))
    const words = soughtWords(text)
    const found = new Map<number, Awaited<ReturnType<typeof entriesWith>>[number]>()
    for (const place of words.length === 0 || types.length === 0 ? [] : searchPlaces) {
      // What the places before have found may come again.
      if (found.size >= limit) break
      for (const row of await entriesWith(db, { companyId, words, place, types, limit: limit + found.size })) found.set(row.id, row)
    }
    return { items: [...found.values()].slice(0, limit).map((row) => toFinding(row, words)) }
  },
})

type Row = Pick<SearchEntryTable, 'entity_type' | 'entity_id' | 'task_id' | 'title' | 'body'>

function toFinding(row: Row, words: readonly string[]): z.output<typeof Finding> {
  return { type: row.entity_type, id: row.entity_id, taskId: row.task_id, title: row.title, excerpt: excerptOf(row.body, words) }
}
