import { join } from 'node:path'

import { createEngine } from '@engine/core'

import { newId } from '../lib/id.ts'
import { postgresTarget, withPostgres } from '../lib/pg.ts'
import { copies, readTemplate, type SeedTarget } from '../lib/seed-target.ts'
import { copySeed, sqliteTarget, withFolder } from '../lib/sqlite.ts'

/** A company with tasks, which servers of the bench are asked for. */
export interface Served {
  readonly companyId: string
  readonly taskIds: readonly string[]
  /** What a probe opens. Nobody may have it open while it is copied. */
  readonly database: string
  copy(name: string): Promise<string>
}

/** One of the databases that the bench measures on. */
export interface ServedOn {
  readonly name: 'SQLite' | 'Postgres'
  /** The floor of this database, in `probes/`. */
  readonly floor: string
  /** CPU time that its server has used so far, in microseconds; a file has none. */
  cpuUs(): number
  /** @param count how many tasks the company has */
  seed(count: number): Promise<Served>
}

/** Works on SQLite files, then on a Postgres server. */
export async function onEachDatabase<Result>(work: (on: ServedOn) => Promise<Result>): Promise<Result[]> {
  return [await withFolder((folder) => work(onSqlite(folder))), await onPostgres(work)]
}

function onSqlite(folder: string): ServedOn {
  let seeds = 0
  return {
    name: 'SQLite',
    floor: 'http-floor',
    cpuUs: () => 0,
    async seed(count) {
      const path = join(folder, `seed-${(seeds += 1)}.db`)
      return { ...(await seedTasks(sqliteTarget(path), count)), database: path, copy: async (name) => copySeed({ path }, name) }
    },
  }
}

async function onPostgres<Result>(work: (on: ServedOn) => Promise<Result>): Promise<Result> {
  let seeds = 0
  return withPostgres((server) =>
    work({
      name: 'Postgres',
      floor: 'http-floor-postgres',
      cpuUs: () => server.cpuUs() ?? Number.NaN,
      async seed(count) {
        const url = await server.createDatabase(`seed_${(seeds += 1)}`)
        return { ...(await seedTasks(await postgresTarget(url), count)), database: url, copy: (name) => server.copyDatabase(url, name) }
      },
    }),
  )
}

/** A database made by the project's migrations. The engine makes one task, which is copied. */
async function seedTasks(target: SeedTarget, count: number): Promise<Pick<Served, 'companyId' | 'taskIds'>> {
  const engine = await createEngine({ storage: target.storage })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const task = await engine.tasks.create({ companyId, title: 'A task to be asked for', description: 'Written by the bench.' })
  await engine.stop()
  const template = await readTemplate(target, 'tasks', task.id)
  const taskIds = Array.from({ length: count }, () => newId(Date.now()))
  await target.insert(
    'tasks',
    copies(template, count, (index) => ({ id: taskIds[index], identifier: `COPY-${index + 1}` })),
  )
  await target.refreshStatistics()
  await target.close()
  return { companyId, taskIds }
}
