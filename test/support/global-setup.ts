// Once a run of the tests: a real Postgres and a PgBouncer before it. Tests take their addresses with `inject('postgresUrl')`.
import type { TestProject } from 'vitest/node'

import { startPgBouncer } from './pgbouncer.ts'
import { startPostgres } from './postgres.ts'
import { newWatchFolder, sumUp } from './watch-figure.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's; make a database of your own with `createDatabase(inject('postgresUrl'))`. */
    postgresUrl: string
    /** The same server through PgBouncer, which pools by transaction; null where there is none. */
    pgbouncerUrl: string | null
    /** Why there is no PgBouncer. */
    pgbouncerSkipped: string | null
    /** Where each file of tests leaves what its watched storages saw. */
    watchFolder: string
  }
}

export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres()
  const pooler = await startPgBouncer({ serverUrl: postgres.url })
  const skipped = 'skipped' in pooler ? pooler.skipped : null
  if (skipped !== null) console.log(`No PgBouncer, its tests are skipped: ${skipped}`)
  project.provide('postgresUrl', postgres.url)
  project.provide('pgbouncerUrl', 'url' in pooler ? pooler.url : null)
  project.provide('pgbouncerSkipped', skipped)
  const watchFolder = newWatchFolder()
  project.provide('watchFolder', watchFolder)
  return async () => {
    sumUp(watchFolder)
    if ('stop' in pooler) await pooler.stop()
    await postgres.stop()
  }
}
