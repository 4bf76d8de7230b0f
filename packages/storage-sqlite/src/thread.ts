// A thread of its own, for what takes as long as the file is big: SQLite works without a pause, and would block the event loop.
import { parentPort, workerData } from 'node:worker_threads'

import Database from 'better-sqlite3'

import type { BackupCopy } from '@engine/core/plugin'

import { copyInto, findDamage, mark, publish } from './copy.ts'
import { openForReading } from './open.ts'

export type Job =
  | { readonly kind: 'findDamage'; readonly path: string }
  | {
      readonly kind: 'backup'
      /** Null when the copy lies in `partial` already. */
      readonly path: string | null
      readonly partial: string
      readonly target: string
      readonly marks: BackupCopy['marks']
    }

/** How long it waits for another process's lock, milliseconds; here it holds up nobody. */
const lockWaitMs = 10_000

/** Errors lose their codes on the way between threads. */
export type Answer = { readonly lines: readonly string[] } | { readonly message: string; readonly code: string }

function run(job: Job): readonly string[] {
  if (job.kind === 'findDamage') return reading(job.path, findDamage)
  const { path, partial, target, marks } = job
  if (path !== null) reading(path, (source) => copyInto(source, partial))
  using(new Database(partial), (copy) => mark(copy, marks))
  publish(partial, target)
  return []
}

function reading<Result>(path: string, work: (connection: Database.Database) => Result): Result {
  return using(openForReading(Database, path, lockWaitMs), work)
}

function using<Result>(connection: Database.Database, work: (connection: Database.Database) => Result): Result {
  try {
    return work(connection)
  } finally {
    connection.close()
  }
}

function answer(): Answer {
  try {
    // `file.ts` starts this thread with a job.
    return { lines: run(workerData as Job) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { message: error instanceof Error ? error.message : String(error), code }
  }
}

parentPort?.postMessage(answer())
