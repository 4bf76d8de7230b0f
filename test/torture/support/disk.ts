// Disks that run full: a small tmpfs where we may mount one, else a limit on the pages of the database.
import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { CompiledQuery, type Driver } from 'kysely'

import type { Storage } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

/** A database on a disk that can be filled and freed. */
export interface SmallDisk {
  readonly variant: 'tmpfs' | 'page limit'
  readonly file: string
  readonly storage: Storage
  /** Leaves about so many bytes. */
  fill(leaving: number): Promise<void>
  free(): Promise<void>
  /** Takes the database away, after it was closed. */
  remove(): void
}

export interface Mount {
  readonly folder: string
  unmount(): void
}

const diskBytes = 24 * 1024 * 1024

/** A tmpfs of our own; null where that is not allowed. */
export function mountSmall(parent: string): Mount | null {
  const folder = mkdtempSync(join(parent, 'disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=700`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  return { folder, unmount: () => void execFileSync('umount', [folder]) }
}

/** On the mounted disk, filled by a file beside the database. */
export function diskOn(mount: Mount, name: string): SmallDisk {
  const folder = join(mount.folder, name)
  mkdirSync(folder)
  const ballast = join(folder, 'ballast')
  const file = join(folder, 'engine.db')
  return {
    variant: 'tmpfs',
    file,
    storage: sqlite(file),
    fill: async (leaving) => fillWith(ballast, leaving),
    free: async () => rmSync(ballast, { force: true }),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

function fillWith(ballast: string, leaving: number): void {
  const descriptor = openSync(ballast, 'a')
  const chunk = Buffer.alloc(64 * 1024)
  let written = 0
  try {
    for (;;) written += writeSync(descriptor, chunk)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    ftruncateSync(descriptor, Math.max(0, written - leaving))
  } finally {
    closeSync(descriptor)
  }
}

const pageBytes = 4_096
/** As many pages as SQLite ever allows. */
const mostPages = 4_294_967_294
const mostTries = 20

/** Anywhere, by the number of pages that SQLite lets the file have. */
export function limitedDisk(file: string): SmallDisk {
  const storage = sqlite(file)
  let driver: Driver | null = null
  const limitOnce = async (pagesMore: number) => {
    if (!driver) throw new Error('the database is not open yet')
    const connection = await driver.acquireConnection()
    try {
      await driver.beginTransaction(connection, {})
      const { rows } = await connection.executeQuery<{ page_count: number }>(CompiledQuery.raw('pragma page_count'))
      const pages = Math.min(mostPages, (rows[0]?.page_count ?? 0) + pagesMore)
      await connection.executeQuery(CompiledQuery.raw(`pragma max_page_count = ${pages}`))
      await driver.commitTransaction(connection)
    } catch (error) {
      await driver.rollbackTransaction(connection)
      throw error
    } finally {
      await driver.releaseConnection(connection)
    }
  }
  // It may share its commit with somebody whom the full disk costs the whole transaction.
  const limit = async (pagesMore: number) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await limitOnce(pagesMore)
      } catch (error) {
        if (tries === mostTries) throw error
      }
    }
  }
  return {
    variant: 'page limit',
    file,
    storage: {
      ...storage,
      open(purpose) {
        const session = storage.open(purpose)
        // The session has one driver, whoever asks.
        driver = session.dialect.createDriver()
        return session
      },
    },
    fill: (leaving) => limit(Math.ceil(leaving / pageBytes)),
    free: () => limit(mostPages),
    remove: () => rmSync(file),
  }
}
