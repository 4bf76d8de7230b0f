// Writes what all migrations together make of an empty database, one file a family; with --check it only says what is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { Kysely, sql, type Driver } from 'kysely'

import { createEngine } from '@engine/core'
import type { Storage } from '@engine/core/plugin'
import { pglite } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

const folder = fileURLToPath(new URL('../packages/core/src/database/', import.meta.url))
const isCheck = process.argv.includes('--check')

const stale: string[] = []
for (const [storage, read] of [
  [sqlite(':memory:'), readSqlite],
  [pglite(), readPostgres],
] as const) {
  const path = `${folder}snapshot.${storage.family}.sql`
  const text = `-- Generated from the migrations by \`pnpm schema:generate\`.\n\n${await snapshotOf(storage, read)}\n`
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  stale.push(path)
  if (!isCheck) writeFileSync(path, text)
}
if (isCheck && stale.length > 0) {
  console.error(`The schema changed: run pnpm schema:generate and look at the difference in ${stale.join(', ')}`)
  process.exitCode = 1
}

type Reader = (db: Kysely<never>) => Promise<string>

/** Migrates a database through a driver that outlives the engine, then reads it. */
async function snapshotOf(storage: Storage, read: Reader): Promise<string> {
  const session = storage.open()
  const driver = session.dialect.createDriver()
  await driver.init()
  const kept = { ...session.dialect, createDriver: () => outliving(driver) }
  const engine = await createEngine({ storage: { ...storage, open: () => ({ ...session, dialect: kept }) } })
  await engine.stop()
  const db = new Kysely<never>({ dialect: kept })
  try {
    return await read(db)
  } finally {
    await driver.destroy()
  }
}

/** The same driver, which its user can neither open nor close. */
function outliving(driver: Driver): Driver {
  return {
    init: async () => {},
    destroy: async () => {},
    acquireConnection: () => driver.acquireConnection(),
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: (connection) => driver.releaseConnection(connection),
  }
}

async function readSqlite(db: Kysely<never>): Promise<string> {
  const { rows } = await sql<{ sql: string }>`
    select sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by tbl_name, type = 'table' desc, name`.execute(
    db,
  )
  return rows.map((row) => `${row.sql.replaceAll(/\n {4}/g, '\n')};`).join('\n\n')
}

async function readPostgres(db: Kysely<never>): Promise<string> {
  const { rows: tables } = await sql<{ name: string; id: number }>`
    select c.relname as name, c.oid as id from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'engine' and c.relkind = 'r' order by c.relname`.execute(db)
  const texts = await Promise.all(tables.map((table) => describeTable(db, table)))
  const { rows: views } = await sql<{ text: string }>`
    select 'create view ' || viewname || ' as' || chr(10) || definition as text from pg_views
    where schemaname = 'engine' order by viewname`.execute(db)
  const { rows: functions } = await sql<{ text: string }>`
    select pg_get_functiondef(p.oid) as text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'engine' order by p.proname`.execute(db)
  return [...texts, ...views.map((row) => row.text), ...functions.map((row) => `${row.text.trim()};`)].join('\n\n')
}

async function describeTable(db: Kysely<never>, { name, id }: { name: string; id: number }): Promise<string> {
  const columns = await lines(
    db,
    sql`
    select '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
      || case when a.attidentity <> '' then ' generated always as identity' else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end as line
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = ${id} and a.attnum > 0 and not a.attisdropped order by a.attnum`,
  )
  const constraints = await lines(
    db,
    sql`
    select '  constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line
    from pg_constraint where conrelid = ${id} and contype <> 'n' order by contype desc, conname`,
  )
  const others = await lines(
    db,
    sql`
    select pg_get_indexdef(i.indexrelid) || ';' as line from pg_index i
    where i.indrelid = ${id} and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
    union all select pg_get_triggerdef(oid) || ';' from pg_trigger where tgrelid = ${id} and not tgisinternal order by 1`,
  )
  return [`create table ${name} (\n${[...columns, ...constraints].join(',\n')}\n);`, ...others].join('\n')
}

async function lines(db: Kysely<never>, query: ReturnType<typeof sql>): Promise<string[]> {
  const { rows } = await query.execute(db)
  return rows.map((row) => String(Object(row).line))
}
