import { createEngine, inspectDatabase, silentLogger, type Storage } from '@engine/core'

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
  await using database = await inspectDatabase(storage)
  const { migrations } = await database.facts()
  console.log(`${storage.id} is at ${migrations.at(-1) ?? 'no schema'}, which is the newest.`)
}
