import { sql, type Kysely, type Transaction } from 'kysely'

import { present, presentPlus } from '../database/open.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { isoTime } from '../ports/clock.ts'
import type { SeenWorker, WorkerTable } from './table.ts'

/** A time that lies `ms` before the present, by the database's clock where there is one. */
export interface Since {
  /** Negative: milliseconds to add to the present. */
  ms: number
  /** That time by this process's clock. */
  at: string
}

export function ago(now: string, ms: number): Since {
  return { ms: -ms, at: isoTime(Date.parse(now) - ms) }
}

/** Workers as whoever looks after them sees them; `silentSince` is when the lost ones spoke last at the latest. */
export function seenWorkers(db: Kysely<Database>, silentSince: Since, family: 'sqlite' | 'postgres') {
  return db
    .selectFrom('workers')
    .selectAll('workers')
    .select((e) => e('workers.seen_at', '<', presentPlus(family, silentSince)).as('is_silent'))
    .select((e) =>
      e
        .selectFrom('leases')
        .select((of) => of.fn.countAll<number>().as('count'))
        .where('leases.worker_id', '=', sql<string>`cast(${sql.ref('workers.id')} as text)`)
        .as('live_runs'),
    )
    .$narrowType<{ live_runs: number }>()
}

const workerById = statement((db, given: { id: string } & Since, family) =>
  seenWorkers(db, given, family).where('workers.id', '=', given.id),
)

export async function findWorker(db: Kysely<Database>, given: { id: string; silentSince: Since }): Promise<SeenWorker | null> {
  // The database says yes or no in its own way.
  return first(await workerById(db, { id: given.id, ...given.silentSince })) as SeenWorker | null
}

/** A worker that enters; a node says with which key and token. */
type NewWorker = Omit<WorkerTable, 'seen_at' | 'status'>

const insert = statement((db, given: NewWorker, family) =>
  db.insertInto('workers').values({
    id: given.id,
    name: given.name,
    host: given.host,
    pid: given.pid,
    engine_version: given.engine_version,
    adapters: given.adapters,
    capacity: given.capacity,
    status: 'active',
    changed_by: given.changed_by,
    changed_at: given.changed_at,
    started_at: given.started_at,
    seen_at: present(family, given.started_at),
    node_key_id: given.node_key_id,
    token_hash: given.token_hash,
    token_expires_at: given.token_expires_at,
  }),
)

export async function insertWorker(tx: Transaction<Database>, row: NewWorker): Promise<void> {
  await insert(tx, row)
}

const beat = statement((db, given: { id: string; now: string }, family) =>
  db
    .updateTable('workers')
    .set({ seen_at: present(family, given.now) })
    .where('id', '=', given.id)
    .returning('status'),
)

/** Notes a sign of life. @returns what the worker is told to be; null when it is not known */
export async function noteBeat(tx: Transaction<Database>, given: { id: string; now: string }): Promise<WorkerTable['status'] | null> {
  return first(await beat(tx, given))?.status ?? null
}

/** Gives a worker another status if it still is in one of `from`. @returns whether it was */
export async function moveWorker(
  tx: Transaction<Database>,
  given: { id: string; from: readonly WorkerTable['status'][]; changes: Pick<WorkerTable, 'status' | 'changed_by' | 'changed_at'> },
): Promise<boolean> {
  const moved = await tx
    .updateTable('workers')
    .set(given.changes)
    .where('id', '=', given.id)
    .where('status', 'in', given.from)
    .returning('id')
    .executeTakeFirst()
  return moved !== undefined
}

const forget = statement((db, given: Since, family) => db.deleteFrom('workers').where('seen_at', '<', presentPlus(family, given)))

/** Removes the workers that gave no sign of life since then. */
export async function forgetWorkers(tx: Transaction<Database>, since: Since): Promise<void> {
  await forget(tx, since)
}
