import type { Kysely } from 'kysely'

import { EngineError, defineErrors, kernelErrors } from '../kernel/errors.ts'
import { codeOf, messageOf } from '../kernel/failure.ts'
import type { Storage, StorageSession } from '../ports/storage.ts'
import { copiedIdentity } from './instance.ts'
import type { Database } from './tables.ts'

const backupErrors = defineErrors({
  backup_elsewhere: { kind: 'rule', help: 'Use the tools of the database itself; docs/backup.md has the commands.' },
  backup_failed: { kind: 'unavailable', help: 'Nothing is left of the copy. Correct what the message names and repeat.' },
})

/**
 * Copies the database to a new file while it is in use, and marks the copy so that it begins a new epoch when it is opened.
 * @throws `already_exists` for a file that is there, `backup_failed`, and `backup_elsewhere` where the database has its own tools
 */
export async function backUp(db: Kysely<Database>, given: { storage: Storage; session: StorageSession; path: string }): Promise<void> {
  const { storage, session, path } = given
  if (!session.file) throw elsewhere(storage)
  const mark = db.updateTable('engine_identity').set({ identity: copiedIdentity }).compile()
  try {
    await session.file.backup({ path, marks: [mark] })
  } catch (error) {
    throw explain(path, error)
  }
}

function elsewhere({ id, schema = 'engine' }: Storage): EngineError {
  const command = `pg_dump --format=custom --schema=${schema} --file=engine.dump ${id.startsWith('postgres://') ? id : '<url>'}`
  return new EngineError(
    backupErrors.backup_elsewhere,
    `Engine copies SQLite files only; ${id} is backed up by pg_dump: ${command} (docs/backup.md has it with restore).`,
    { details: { command } },
  )
}

function explain(path: string, error: unknown): EngineError {
  if (codeOf(error) === 'EEXIST') {
    return new EngineError(
      kernelErrors.already_exists,
      `There already is a file ${path}, and a backup replaces none. Choose another name.`,
      {
        cause: error,
      },
    )
  }
  const reason = messageOf(error)
  return new EngineError(backupErrors.backup_failed, `No backup was made at ${path}: ${reason}. Nothing is left of it.`, { cause: error })
}
