import { createEngine, silentLogger, type Storage } from '@engine/core'

import { withDatabase } from './with-database.ts'

/** Brings the schema of a database up to date, as every start does, and nothing more. */
export async function migrateCommand(storage: Storage): Promise<void> {
  const applied: unknown[] = []
  const logger = {
    ...silentLogger,
    info: (_message: string, fields: object = {}) => {
      if ('applied' in fields && Array.isArray(fields.applied)) applied.push(...fields.applied)
    },
  }
  await (await createEngine({ storage, logger })).stop()
  for (const name of applied) console.log(`  applied  ${String(name)}`)
  const { migrations } = await withDatabase(storage, (database) => database.facts())
  console.log(`${storage.id} is at ${migrations.at(-1) ?? 'no schema'}, which is the newest.`)
}
