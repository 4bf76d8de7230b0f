import type { Kysely, Transaction } from 'kysely'

import { familyOf, present, presentPlus } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Since } from '../workers/sql.ts'
import type { WorkerTable } from '../workers/table.ts'
import type { NodeKeyTable } from './table.ts'

const keyByHash = statement((db, given: { hash: string }) => db.selectFrom('node_keys').selectAll().where('hash', '=', given.hash))

export async function findNodeKeyByHash(db: Kysely<Database>, hash: string): Promise<NodeKeyTable | null> {
  return first(await keyByHash(db, { hash }))
}

export const findNodeKey = rowById('node_keys')

export async function insertNodeKey(tx: Transaction<Database>, row: NodeKeyTable): Promise<void> {
  await tx.insertInto('node_keys').values(row).execute()
}

/** Revokes a key that was not. @returns whether it was not */
export async function revokeNodeKey(tx: Transaction<Database>, given: { id: string; now: string }): Promise<boolean> {
  const revoked = await tx
    .updateTable('node_keys')
    .set({ revoked_at: given.now })
    .where('id', '=', given.id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return revoked !== undefined
}

// A node and its key in one answer, so that it takes as long whatever is wrong with either.
const nodeOfToken = statement((db, given: { hash: string; now: string }, family) =>
  db
    .selectFrom('workers')
    .innerJoin('node_keys', 'node_keys.id', 'workers.node_key_id')
    .select('workers.id')
    .where('workers.token_hash', '=', given.hash)
    .where('workers.status', '<>', 'stopped')
    .where('workers.token_expires_at', '>', present(family, given.now))
    .where('node_keys.revoked_at', 'is', null),
)

/** The node that comes with a token, if it is let in. */
export async function findNodeByToken(db: Kysely<Database>, given: { hash: string; now: string }): Promise<{ id: string } | null> {
  return first(await nodeOfToken(db, given))
}

/** The node that a token was given to, however old that is, when it registered with this key; ours until the transaction ends. */
export async function findNodeOfToken(tx: Transaction<Database>, given: { hash: string; keyId: string }): Promise<WorkerTable | null> {
  const node = await tx
    .selectFrom('workers')
    .selectAll()
    .where('token_hash', '=', given.hash)
    .where('node_key_id', '=', given.keyId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return node ?? null
}

type Renewal = Omit<WorkerTable, 'seen_at' | 'status' | 'changed_by' | 'changed_at' | 'node_key_id'>

/** Gives a node another token in the place of the one that has become too old; what it is told to be stays. */
export async function renewNode(tx: Transaction<Database>, { id, ...changes }: Renewal): Promise<void> {
  await tx
    .updateTable('workers')
    .set({ ...changes, seen_at: present(familyOf(tx), changes.started_at) })
    .where('id', '=', id)
    .execute()
}

const cutOff = statement((db, given: { id: string }) =>
  db
    .selectFrom('workers')
    .innerJoin('node_keys', 'node_keys.id', 'workers.node_key_id')
    .select('workers.id')
    .where('workers.id', '=', given.id)
    .where((e) => e.or([e('workers.status', '=', 'stopped'), e('node_keys.revoked_at', 'is not', null)])),
)

/** Whether a worker is a node that is let in no more. */
export async function isCutOff(db: Kysely<Database>, id: string): Promise<boolean> {
  return (await cutOff(db, { id })).length > 0
}

const nodeById = statement((db, given: { id: string }) =>
  db.selectFrom('workers').selectAll().where('id', '=', given.id).where('node_key_id', 'is not', null),
)

export async function findNode(db: Kysely<Database>, id: string): Promise<WorkerTable | null> {
  return first(await nodeById(db, { id }))
}

/** A sign of life, with until when the token lasts from then on. */
interface NodeBeat extends Since {
  readonly id: string
  readonly now: string
}

const beat = statement((db, given: NodeBeat, family) =>
  db
    .updateTable('workers')
    .set({ seen_at: present(family, given.now), token_expires_at: presentPlus(family, given) })
    .where('id', '=', given.id)
    .where('node_key_id', 'is not', null)
    .returning(['status', 'token_expires_at']),
)

/** Notes a sign of life, from which on the node's token lasts anew. */
export async function noteNodeBeat(tx: Transaction<Database>, given: NodeBeat) {
  return first(await beat(tx, given))
}
