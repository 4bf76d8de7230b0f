import type { Kysely, Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { RunTable } from '../runs/table.ts'
import { outsideWorker } from '../tasks/start.ts'
import type { KeyTable } from './table.ts'

export const findKey = rowById('keys')

export const locatedKeys = locatedRows(findKey, (key) => ({ agentId: key.agent_id }))

// A key and its holder in one answer, so that it takes as long whatever is wrong with either.
function holders(db: Kysely<Database>) {
  return db
    .selectFrom('keys')
    .leftJoin('members', (join) => join.onRef('members.company_id', '=', 'keys.company_id').onRef('members.id', '=', 'keys.member_id'))
    .leftJoin('agents', (join) => join.onRef('agents.company_id', '=', 'keys.company_id').onRef('agents.id', '=', 'keys.agent_id'))
    .select([
      'keys.id',
      'keys.hash',
      'keys.company_id',
      'keys.agent_id',
      'keys.scopes',
      'keys.expires_at',
      'keys.revoked_at',
      'keys.last_used_at',
      'members.user_id',
      'members.role',
      'members.status as member_status',
      'agents.status as agent_status',
    ])
}

const holderOfKey = statement((db, given: { hash: string }) => holders(db).where('keys.hash', '=', given.hash))

export type KeyHolder = Awaited<ReturnType<typeof holderOfKey>>[number]

/** The key of this hash, also one that is revoked or expired, with what decides whether its holder may act. */
export async function findHolder(db: Kysely<Database>, given: { hash: string }): Promise<KeyHolder | null> {
  return first(await holderOfKey(db, given))
}

export async function findHolders(db: Kysely<Database>, hashes: readonly string[]): Promise<KeyHolder[]> {
  return holders(db).where('keys.hash', 'in', hashes).execute()
}

const touch = statement((db, given: { companyId: string; id: string; now: string; since: string }) =>
  db
    .updateTable('keys')
    .set({ last_used_at: given.now })
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.id)
    .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<=', given.since)])),
)

/** Notes that a key is in use; of many calls in the same moment one writes. */
export async function noteUse(db: Kysely<Database>, given: { companyId: string; id: string; now: string; since: string }): Promise<void> {
  await keepBooks(db, (tx) => touch(tx, given))
}

export async function insertKey(tx: Transaction<Database>, row: KeyTable): Promise<void> {
  await tx.insertInto('keys').values(row).execute()
}

export const changeKey = versionedChange('keys', 'key')

/** How many keys somebody may leave behind before the answer names only the first of them. */
const mostNamed = 100

/** The keys that a person made for agents, without those of the agent that stands for them, and without those that are revoked. */
export async function keysMadeBy(
  tx: Transaction<Database>,
  given: { companyId: string; userId: string; exceptAgentId: string },
): Promise<KeyTable[]> {
  return tx
    .selectFrom('keys')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('created_by_kind', '=', 'user')
    .where('created_by_id', '=', given.userId)
    .where('agent_id', '<>', given.exceptAgentId)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .limit(mostNamed)
    .execute()
}

/** The keys of a member, and of the agent that stands for them, which are not revoked. */
export async function keysOfPerson(
  tx: Transaction<Database>,
  given: { companyId: string; memberId: string; agentId: string },
): Promise<KeyTable[]> {
  return tx
    .selectFrom('keys')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where((e) => e.or([e('member_id', '=', given.memberId), e('agent_id', '=', given.agentId)]))
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute()
}

/** Live runs that an agent began with a key: their credentials are with whoever has that. */
export async function outsideRuns(tx: Transaction<Database>, given: { companyId: string; agentId: string }): Promise<OutsideRun[]> {
  const rows = await tx
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('agent_id', '=', given.agentId)
    .where('status', 'in', ['running', 'waiting'])
    .where('worker_id', '=', outsideWorker({ kind: 'agent', id: given.agentId }))
    .orderBy('id')
    .execute()
  // The statement asks for these two.
  return rows as OutsideRun[]
}

type OutsideRun = RunTable & { status: 'running' | 'waiting' }
