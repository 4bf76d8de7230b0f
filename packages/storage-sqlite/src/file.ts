import { randomUUID } from 'node:crypto'
import { existsSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import type { BackupCopy, DatabaseFile } from '@engine/core/plugin'

import { copyInto, existsAlready, findDamage } from './copy.ts'
import type { SqliteDriver } from './driver.ts'
import { isInMemory, type Target } from './open.ts'
import type { Answer, Job } from './thread.ts'

const threadPath = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url))

/** A file is worked on in a thread with a connection of its own; a database in memory only where it is. */
export function databaseFile(target: Target, driver: SqliteDriver): DatabaseFile {
  const path = isInMemory(target) ? null : target
  return {
    backup: (copy) => backUp(copy, { path, driver }),
    findDamage: () => (path === null ? driver.alone(findDamage) : inThread({ kind: 'findDamage', path })),
    walBytes: async () => (path === null ? 0 : (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0)),
  }
}

async function backUp(copy: BackupCopy, source: { path: string | null; driver: SqliteDriver }): Promise<void> {
  const target = resolve(copy.path)
  if (existsSync(target)) throw existsAlready(target)
  if (!existsSync(dirname(target))) throw new Error(`there is no folder ${dirname(target)}`)
  const partial = `${target}.${randomUUID()}.partial`
  try {
    if (source.path === null) await source.driver.alone((connection) => copyInto(connection, partial))
    // Only what a thread can be sent: a compiled query holds more.
    const marks = copy.marks.map(({ sql, parameters }) => ({ sql, parameters }))
    await inThread({ kind: 'backup', path: source.path, partial, target, marks })
  } finally {
    for (const suffix of ['', '-journal']) rmSync(`${partial}${suffix}`, { force: true })
  }
}

async function inThread(job: Job): Promise<readonly string[]> {
  const answer = await new Promise<Answer>((settle, reject) => {
    // Flags of this process, such as --input-type, can be about its main program only.
    const thread = new Worker(threadPath, { workerData: job, execArgv: [] })
    thread.once('message', settle)
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`the thread ended with ${code} before it had an answer`)))
  })
  if ('lines' in answer) return answer.lines
  throw Object.assign(new Error(answer.message), { code: answer.code })
}
