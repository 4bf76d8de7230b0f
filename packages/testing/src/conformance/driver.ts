import { randomUUID } from 'node:crypto'

import { CompiledQuery, Kysely, type Transaction } from 'kysely'
import { afterAll, beforeAll } from 'vitest'

import type { Storage } from '@engine/core'

import type { Kit, StorageUnderTest } from './kit.ts'

/** A table of ours with each of the column types that Engine uses. */
export interface ContractRow {
  id: string
  at: string | null
  data: string | null
  number: number | null
  text: string | null
  label: string | null
}

export interface ContractDatabase {
  contract_rows: ContractRow
}

export type Database = Kysely<ContractDatabase>

const columns = {
  sqlite: 'id text primary key, at text, data text, number integer check (number is null or number <> -666), text text, label text unique',
  postgres:
    'id uuid primary key, at timestamptz(3), data jsonb, number bigint check (number is null or number <> -666), text text, label text unique',
} as const satisfies Record<Storage['family'], string>
const tableEnd = { sqlite: ' strict', postgres: '' } as const satisfies Record<Storage['family'], string>

/** A database of a group of tests, without Engine. */
export interface Direct {
  readonly under: StorageUnderTest
  /** As core uses the storage's connections, the table `contract_rows` in it. */
  readonly db: Database
}

/** One database with the table for all tests of the group. */
export function directly(kit: Kit): () => Direct {
  let direct: Direct | undefined
  beforeAll(async () => {
    const under = await kit.create()
    const db = openDirectly(under.storage)
    await createTable(db, under.storage)
    direct = { under, db }
  })
  afterAll(async () => {
    await direct?.db.destroy()
    await direct?.under.dispose()
  })
  return () => {
    if (!direct) throw new Error('the database is not open yet')
    return direct
  }
}

export function openDirectly(storage: Storage): Database {
  const db = new Kysely<ContractDatabase>({ dialect: storage.open().dialect })
  return storage.schema === undefined ? db : db.withSchema(storage.schema)
}

async function createTable(db: Database, { family, schema }: Storage): Promise<void> {
  const place = schema === undefined ? '' : `"${schema}".`
  await inTransaction(db, async (tx) => {
    if (schema !== undefined) await tx.executeQuery(CompiledQuery.raw(`create schema if not exists "${schema}"`))
    await tx.executeQuery(CompiledQuery.raw(`create table ${place}"contract_rows" (${columns[family]})${tableEnd[family]}`))
  })
}

export async function inTransaction<Result>(db: Database, work: (tx: Transaction<ContractDatabase>) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(work)
}

export function newRow(more: Partial<ContractRow> = {}): ContractRow {
  return { id: randomUUID(), at: null, data: null, number: null, text: null, label: null, ...more }
}

export async function insert(db: Database, row: ContractRow): Promise<void> {
  await db.insertInto('contract_rows').values(row).execute()
}

/** Of these rows, those that are there, seen from outside any transaction. */
export async function present(db: Database, rows: readonly ContractRow[]): Promise<readonly ContractRow[]> {
  const ids = rows.map(({ id }) => id)
  const found = await db.selectFrom('contract_rows').select('id').where('id', 'in', ids).execute()
  const there = new Set(found.map(({ id }) => id))
  return rows.filter(({ id }) => there.has(id))
}
