import { sql, type Kysely } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../kernel/page.ts'
import { toEvent } from './sql.ts'

/** How many parts of a thing its timeline follows: the newest. */
const followed = 200

interface Position {
  readonly companyId: string
  /** Events before this seq. */
  readonly before: number
  readonly limit: number
}

// Told as a range of the index, for the reason that is given at `after` in sql.ts.
const ofCompany = statement((db, given: Position, family) =>
  db
    .selectFrom('events')
    .selectAll()
    .where((row) =>
      family === 'postgres'
        ? row(row.refTuple('company_id', 'seq'), '<', row.tuple(given.companyId, given.before))
        : row.and({ company_id: given.companyId }).and('seq', '<', given.before),
    )
    .where('company_id', '>=', given.companyId)
    .orderBy('company_id', 'desc')
    .orderBy('seq', 'desc')
    .limit(given.limit),
)

const ofEntity = statement((db, given: Position & { entityId: string }, family) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where((row) =>
      family === 'postgres'
        ? row(row.refTuple('entity_id', 'seq'), '<', row.tuple(given.entityId, given.before))
        : row.and({ entity_id: given.entityId }).and('seq', '<', given.before),
    )
    .where('entity_id', '>=', given.entityId)
    .orderBy('entity_id', 'desc')
    .orderBy('seq', 'desc')
    .limit(given.limit),
)

async function ofParts(db: Kysely<Database>, given: Position & { entityIds: readonly string[] }) {
  if (given.entityIds.length === 0) return []
  return (
    db
      .selectFrom('events')
      .selectAll()
      .where('company_id', '=', given.companyId)
      .where('entity_id', 'in', given.entityIds)
      .where('seq', '<', given.before)
      // Not the column itself: by that a database may go through the whole log from its end, looking for these few.
      .orderBy(sql`seq + 0`, 'desc')
      .limit(given.limit)
      .execute()
  )
}

interface PageWish extends PageRequest {
  readonly companyId: string
}

/** All events of a company, newest first. */
export async function companyTimeline(db: Kysely<Database>, wish: PageWish): Promise<Page<AnyEvent>> {
  return newestFirst(await ofCompany(db, positionOf(wish)), wish.limit)
}

/** The events of a thing and of its parts as one list, newest first. */
export async function timelineOf(
  db: Kysely<Database>,
  { entityId, parts = [], ...wish }: PageWish & { entityId: string; parts?: readonly string[] },
): Promise<Page<AnyEvent>> {
  const position = positionOf(wish)
  const [own, others] = await Promise.all([ofEntity(db, { ...position, entityId }), ofParts(db, { ...position, entityIds: parts })])
  const together = [...own, ...others].toSorted((left, right) => right.seq - left.seq)
  return newestFirst(together, wish.limit)
}

function positionOf({ companyId, limit, cursor }: PageWish): Position {
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeCursor(cursor, ['number'])[0])
  return { companyId, before, limit: limit + 1 }
}

function newestFirst(rows: readonly Parameters<typeof toEvent>[0][], limit: number): Page<AnyEvent> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(toEvent), nextCursor: rows.length > limit && last ? encodeCursor([last.seq]) : null }
}

type Belonging =
  | { readonly to: 'task_id'; readonly table: 'runs' | 'comments' | 'deliverables' | 'documents' | 'attachments' | 'approvals' }
  | { readonly to: 'deliverable_id'; readonly table: 'comments' }
  | { readonly to: 'agent_id'; readonly table: 'runs' }

interface Whole {
  readonly companyId: string
  readonly id: string
}

async function newestIds(db: Kysely<Database>, { companyId, id }: Whole, { table, to }: Belonging): Promise<string[]> {
  const rows = await db
    // The column is one of that table, by the type of Belonging.
    .selectFrom(table as 'comments')
    .select('id')
    .where('company_id', '=', companyId)
    .where(to as 'task_id', '=', id)
    .orderBy('id', 'desc')
    .limit(followed)
    .execute()
  return rows.map((row) => row.id)
}

const ofTask = ['runs', 'comments', 'deliverables', 'documents', 'attachments', 'approvals'] as const

/** What belongs to a task, the newest of it: ids are in the order in which they were given out. */
export async function partsOfTask(db: Kysely<Database>, task: Whole): Promise<string[]> {
  const parts = await Promise.all(ofTask.map((table) => newestIds(db, task, { table, to: 'task_id' })))
  return parts.flat().toSorted().slice(-followed)
}

/** The comments about a deliverable. */
export async function partsOfDeliverable(db: Kysely<Database>, deliverable: Whole): Promise<string[]> {
  return newestIds(db, deliverable, { table: 'comments', to: 'deliverable_id' })
}

/** The runs of an agent. */
export async function partsOfAgent(db: Kysely<Database>, agent: Whole): Promise<string[]> {
  return newestIds(db, agent, { table: 'runs', to: 'agent_id' })
}
