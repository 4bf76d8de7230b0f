import { randomUUID } from 'node:crypto'

import { CompiledQuery, Kysely, type Transaction } from 'kysely'

import type { Storage } from '@engine/core'

import { group, type Group, type StorageUnderTest, type Tests } from './kit.ts'

/** A table of ours with each of the column types that Engine uses. */
export interface ContractRow {
  id: string
  at: string | null
  data: string | null
  number: number | null
  text: string | null
  label: string | null
  parent: string | null
  /** Not null in the table. */
  required: number | null
}

/** The table's check refuses it. */
export const refusedNumber = -666

export interface ContractDatabase {
  contract_rows: ContractRow
}

export type Database = Kysely<ContractDatabase>

const types = {
  sqlite: { id: 'text', time: 'text', json: 'text', integer: 'integer', end: 'strict' },
  postgres: { id: 'uuid', time: 'timestamptz(3)', json: 'jsonb', integer: 'bigint', end: '' },
} as const satisfies Record<Storage['family'], Record<string, string>>

/** A database of a group of tests, without Engine. */
export interface Direct {
  readonly under: StorageUnderTest
  /** As core uses the storage's connections, with the table `contract_rows`. */
  readonly db: Database
  create(): Promise<StorageUnderTest>
}

/** A group on the driver itself. */
export function directGroup(name: string, tests: Tests<Direct>): Group {
  return group<Direct>({
    name,
    tests,
    async open(kit) {
      const under = await kit.create()
      const db = openDirectly(under.storage)
      await createTable(db, under.storage)
      return { under, db, create: () => kit.create() }
    },
    async close({ db, under }) {
      await db.destroy()
      await under.dispose()
    },
  })
}

export function openDirectly(storage: Storage): Database {
  const db = new Kysely<ContractDatabase>({ dialect: storage.open().dialect })
  return storage.schema === undefined ? db : db.withSchema(storage.schema)
}

async function createTable(db: Database, { family, schema }: Storage): Promise<void> {
  const place = schema === undefined ? '' : `"${schema}".`
  const { id, time, json, integer, end } = types[family]
  const text = `create table ${place}"contract_rows" (
    id ${id} primary key, at ${time}, data ${json}, text text, label text unique,
    number ${integer} check (number is null or number <> ${refusedNumber}), parent ${id} references ${place}"contract_rows" (id),
    required ${integer} not null default 1) ${end}`
  await inTransaction(db, async (tx) => {
    if (schema !== undefined) await tx.executeQuery(CompiledQuery.raw(`create schema if not exists "${schema}"`))
    await tx.executeQuery(CompiledQuery.raw(text))
  })
}

export async function inTransaction<Result>(db: Database, work: (tx: Transaction<ContractDatabase>) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(work)
}

export function newRow(more: Partial<ContractRow> = {}): ContractRow {
  return { id: randomUUID(), at: null, data: null, number: null, text: null, label: null, parent: null, required: 1, ...more }
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
