import { join } from 'node:path'

import { openClient, postgresTarget, withPostgres } from '../lib/pg.ts'
import { explainPostgres, explainSqlite, type Explain } from '../lib/plans.ts'
import { seedCompany, type CompanySeed, type CompanySize } from '../lib/seed-company.ts'
import type { SeedTarget } from '../lib/seed-target.ts'
import { openRaw, sqliteTarget, withFolder } from '../lib/sqlite.ts'

/** A database filled to a size. */
export interface SizedDatabase {
  readonly size: CompanySize
  readonly target: SeedTarget
  readonly seed: CompanySeed
  readonly explain: Explain
}

/** One of the two databases, and how to fill new ones of it. */
export interface ScaledFamily {
  readonly name: 'SQLite' | 'Postgres'
  readonly serverCpuUs: (() => number | null) | undefined
  fill(size: CompanySize): Promise<SizedDatabase>
}

/** Works on SQLite files, then on a Postgres server. */
export async function onEachFamily<Result>(work: (family: ScaledFamily) => Promise<Result>): Promise<Result[]> {
  return [await withFolder((folder) => onSqlite(folder, work)), await onPostgres(work)]
}

async function onSqlite<Result>(folder: string, work: (family: ScaledFamily) => Promise<Result>): Promise<Result> {
  const closing: (() => void | Promise<void>)[] = []
  async function fill(size: CompanySize): Promise<SizedDatabase> {
    const path = join(folder, `${size.queued}.db`)
    const target = sqliteTarget(path)
    const seed = await seedCompany(target, size)
    const database = openRaw(path)
    closing.push(target.close, () => void database.close())
    return { size, target, seed, explain: explainSqlite(database) }
  }
  const result = await work({ name: 'SQLite', serverCpuUs: undefined, fill })
  for (const close of closing) await close()
  return result
}

async function onPostgres<Result>(work: (family: ScaledFamily) => Promise<Result>): Promise<Result> {
  return withPostgres(async (server) => {
    const closing: (() => Promise<void>)[] = []
    async function fill(size: CompanySize): Promise<SizedDatabase> {
      const url = await server.createDatabase(`queued_${size.queued}`)
      const target = await postgresTarget(url)
      const seed = await seedCompany(target, size)
      const client = await openClient(url)
      closing.push(target.close, () => client.end())
      return { size, target, seed, explain: explainPostgres(client) }
    }
    const result = await work({ name: 'Postgres', serverCpuUs: server.cpuUs, fill })
    for (const close of closing) await close()
    return result
  })
}
