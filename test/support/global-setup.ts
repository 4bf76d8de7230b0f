// Once a run of the tests: a real Postgres and a PgBouncer before it. Tests take their addresses with `inject('postgresUrl')`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

import { startPgBouncer } from './pgbouncer.ts'
import { startPostgres } from './postgres.ts'
import { newWatchFolder, sumUp } from './watch-figure.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's, for databases of your own; see storages.ts. Fleeting: nothing here turns off the power. */
    postgresUrl: string
    /** The same server through PgBouncer, which pools by transaction; null where there is none. */
    pgbouncerUrl: string | null
    /** Why there is no PgBouncer. */
    pgbouncerSkipped: string | null
    /** Where templates.ts keeps the databases that others are copied from. */
    templateFolder: string
    /** Where each file of tests leaves what its watched storages saw. */
    watchFolder: string
  }
}

export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ isFleeting: true })
  const pooler = await startPgBouncer({ serverUrl: postgres.url })
  const skipped = 'skipped' in pooler ? pooler.skipped : null
  if (skipped !== null) console.log(`No PgBouncer, its tests are skipped: ${skipped}`)
  project.provide('postgresUrl', postgres.url)
  project.provide('pgbouncerUrl', 'url' in pooler ? pooler.url : null)
  project.provide('pgbouncerSkipped', skipped)
  const templateFolder = mkdtempSync(join(tmpdir(), 'engine-templates-'))
  project.provide('templateFolder', templateFolder)
  const watchFolder = newWatchFolder()
  project.provide('watchFolder', watchFolder)
  return async () => {
    rmSync(templateFolder, { recursive: true })
    sumUp(watchFolder)
    if ('stop' in pooler) await pooler.stop()
    await postgres.stop()
  }
}
