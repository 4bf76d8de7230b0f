import type { Kysely } from 'kysely'

import { isInList, listOf } from '../database/arrays.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { openFile } from '../deliverables/files.ts'
import type { Deliverable, DeliverableFile } from '../deliverables/schema.ts'
import { toDeliverable } from '../deliverables/table.ts'
import { toEvent } from '../events/sql.ts'
import type { AnyEvent } from '../kernel/events.ts'
import type { Host } from '../kernel/host.ts'
import type { JsonObject } from '../kernel/json.ts'
import { Id } from '../kernel/schema.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { DeliveredEvent, DeliveredFile } from '../ports/destination.ts'
import { taskIdsOf, taskOf } from '../routes/match.ts'
import { priorityName } from '../tasks/schema.ts'
import type { TaskTable } from '../tasks/table.ts'

/** An event as it is sent, and all that a mapping or a template can name. */
export interface Payload {
  readonly event: DeliveredEvent
  readonly whole: JsonObject
  readonly files: readonly DeliveredFile[]
}

const eventsAt = statement((db, given: { companyId: string; seqs: string }, family) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where(isInList(family, 'seq', { list: given.seqs, of: 'bigint' })),
)

/** What is sent of events, by their positions: themselves, as they were recorded, with the tasks and deliverables that they are about, as these are now. */
export async function payloadsOf(
  host: Pick<Host, 'db' | 'blobs'>,
  given: { companyId: string; seqs: readonly number[] },
): Promise<Map<number, Payload>> {
  const { companyId, seqs } = given
  const events = (await eventsAt(host.db, { companyId, seqs: listOf(host.db, seqs) })).map(toEvent)
  const tasks = await shownTasks(host.db, given.companyId, events)
  const versions = await versionsOf(host.db, given.companyId, events)
  const shown = (event: AnyEvent) => ({ task: tasks.get(taskOf(event) ?? ''), version: versions.get(event.entity.id) })
  return new Map(events.map((event) => [event.seq, payloadOf(host.blobs, event, shown(event))]))
}

/** What an event is about, as it is now. */
interface Shown {
  readonly task: JsonObject | undefined
  readonly version: Deliverable | undefined
}

function payloadOf(blobs: BlobStore, event: AnyEvent, { task, version }: Shown): Payload {
  const { id, type, companyId, at: occurredAt, actor, entity } = event
  const deliverable = version && shownDeliverable(version)
  const files = (version?.files ?? []).map((file): DeliveredFile => {
    const { name, contentType, byteSize: size } = file
    return { name, contentType, size, open: () => bytesOf(blobs, file) }
  })
  // Data of events is JSON by their schemas.
  const data: JsonObject = { ...(event.data as JsonObject), ...(task && { task }), ...(deliverable && { deliverable }) }
  const whole: JsonObject = { id, type, companyId, occurredAt, actor: { ...actor }, entity: { ...entity }, data }
  return { event: { id, type, companyId, occurredAt, data }, whole, files }
}

/** The tasks that events are about, by their ids. */
async function shownTasks(db: Kysely<Database>, companyId: string, events: readonly AnyEvent[]): Promise<Map<string, JsonObject>> {
  const ids = taskIdsOf(events)
  if (ids.length === 0) return new Map()
  return new Map((await tasksById(db, { companyId, ids: listOf(db, ids) })).map((row) => [row.id, shownTask(row)]))
}

const shownColumns = ['id', 'identifier', 'title', 'status', 'priority', 'tags', 'project_id', 'assignee_agent_id', 'context'] as const

const tasksById = statement((db, given: { companyId: string; ids: string }, family) =>
  db
    .selectFrom('tasks')
    .select(shownColumns)
    .where('company_id', '=', given.companyId)
    .where(isInList(family, 'id', { list: given.ids, of: 'uuid' })),
)

function shownTask(row: Pick<TaskTable, (typeof shownColumns)[number]>): JsonObject {
  const { id, identifier, title, status, project_id: projectId, assignee_agent_id: assigneeAgentId } = row
  const priority = priorityName(row.priority)
  // As the table of tasks keeps them.
  const [tags, context] = [JSON.parse(row.tags), JSON.parse(row.context)] as [string[], JsonObject]
  return { id, identifier, title, status, priority, tags, projectId, assigneeAgentId, context }
}

/** The deliverables that events are about, by their ids. */
async function versionsOf(db: Kysely<Database>, companyId: string, events: readonly AnyEvent[]): Promise<Map<string, Deliverable>> {
  const ids = [...new Set(events.flatMap(({ entity }) => (entity.type === 'deliverable' ? (Id.safeParse(entity.id).data ?? []) : [])))]
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom('deliverables').selectAll().where('company_id', '=', companyId).where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, toDeliverable(row, null)]))
}

function shownDeliverable({ id, number, title, summary, content, contentType, status, files, actions }: Deliverable): JsonObject {
  const shownFiles = files.map(({ name, contentType: type, byteSize, sha256 }) => ({ name, contentType: type, byteSize, sha256 }))
  return { id, number, title, summary, content, contentType, status, files: shownFiles, actions }
}

/** The bytes of a file, which are asked for when the first of them is. */
async function* bytesOf(blobs: BlobStore, file: DeliverableFile): AsyncGenerator<Uint8Array> {
  yield* await openFile(blobs, file)
}
