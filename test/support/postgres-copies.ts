// Ways to copy Engine's tables from one Postgres database into another, or into the same one later on, as a dump does: with the rows
// as they were, in tables that are created anew.
import { join } from 'node:path'

import pg from 'pg'

import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'

import { withClient } from './server-process.ts'
import { runTool, type PostgresTools } from './postgres-tools.ts'

/** Puts what was saved into a database, in place of the tables that are there. */
type Restore = (databaseUrl: string) => Promise<void>

export type Save = (databaseUrl: string, folder: string) => Promise<Restore>

/** By the commands of docs/backup.md. */
export function byDump(tools: PostgresTools): Save {
  return async (databaseUrl, folder) => {
    const file = join(folder, 'engine.dump')
    await runTool(tools, 'pg_dump', ['--format=custom', '--schema=engine', `--file=${file}`, databaseUrl])
    return async (target) => {
      await withClient(target, (client) => client.query('drop schema if exists engine cascade'))
      await runTool(tools, 'pg_restore', ['--exit-on-error', '--single-transaction', `--dbname=${target}`, file])
    }
  }
}

/** Without any tool: all rows as JSON, and tables by our own migrations. */
export const byRows: Save = async (databaseUrl) => {
  const rows = await withClient(databaseUrl, readRows)
  return async (target) => {
    await withClient(target, (client) => client.query('drop schema if exists engine cascade'))
    await (await createEngine({ storage: postgres(target) })).stop()
    await withClient(target, (client) => writeRows(client, rows))
  }
}

type Rows = readonly { readonly table: string; readonly json: string }[]

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'engine' order by 1`)
  return rows.map((row) => row.name)
}

/** What a row is made of; what the database works out by itself is left to it. */
async function columnsOf(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [`engine.${table}`],
  )
  return rows.map((row) => pg.escapeIdentifier(row.name)).join(', ')
}

async function readRows(client: pg.Client): Promise<Rows> {
  await client.query('begin isolation level repeatable read')
  const saved: { table: string; json: string }[] = []
  for (const table of await tablesOf(client)) {
    const { rows } = await client.query<{ json: string }>(
      `select coalesce(json_agg(t), '[]')::text as json from engine.${pg.escapeIdentifier(table)} t`,
    )
    saved.push({ table, json: rows[0]?.json ?? '[]' })
  }
  await client.query('commit')
  return saved
}

async function writeRows(client: pg.Client, saved: Rows): Promise<void> {
  // As in a dump, which adds references and triggers at the end.
  await client.query('set session_replication_role = replica')
  for (const table of await tablesOf(client)) await client.query(`delete from engine.${pg.escapeIdentifier(table)}`)
  for (const { table, json } of saved) {
    const name = `engine.${pg.escapeIdentifier(table)}`
    const columns = await columnsOf(client, table)
    const values = `select ${columns} from json_populate_recordset(null::${name}, $1)`
    await client.query(`insert into ${name} (${columns}) overriding system value ${values}`, [json])
  }
  await client.query(`select setval(pg_get_serial_sequence('engine.events', 'seq'), max(seq)) from engine.events`)
  await client.query(`select setval(pg_get_serial_sequence('engine.search_entries', 'id'), max(id)) from engine.search_entries`)
}
