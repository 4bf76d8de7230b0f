import { statSync } from 'node:fs'
import { resolve } from 'node:path'

import type { Storage } from '@engine/core'

import { megabytes } from './text.ts'
import { withDatabase } from './with-database.ts'
import { working } from './working.ts'

/** Copies the database to a file, whoever else uses it meanwhile. */
export async function backupCommand(storage: Storage, file: string): Promise<void> {
  await withDatabase(storage, (database) => working({ what: 'Copying the database' }, () => database.backup(file)))
  const path = resolve(file)
  console.log(`${path} holds ${storage.id} as it was a moment ago, ${megabytes(statSync(path).size)}.`)
  console.log(`To see that it is sound: engine verify --database-url file:${path}`)
}
