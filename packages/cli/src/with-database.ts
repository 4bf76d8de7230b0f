import { inspectDatabase, type Inspection, type Storage } from '@engine/core'

/** Looks at a database, and closes it again whatever comes of that. */
export async function withDatabase<Result>(storage: Storage, look: (database: Inspection) => Promise<Result>): Promise<Result> {
  const database = await inspectDatabase(storage)
  try {
    return await look(database)
  } finally {
    await database.close()
  }
}
