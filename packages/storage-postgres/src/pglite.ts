import { existsSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'

import type { PGlite } from '@electric-sql/pglite'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'

import { STORAGE_SPEC, createTurns, type Storage } from '@engine/core/plugin'

import { lockFolder, type FolderLock } from './folder-lock.ts'
import { postgresDialect } from './dialect.ts'
import { pgliteParsers } from './values.ts'

/**
 * PGlite as Engine's storage: a Postgres inside this process, kept in a folder, or in memory without one. One process
 * at a time; a second one is refused with the id of the first. Needs the package `@electric-sql/pglite`.
 */
export function pglite(folder?: string, options: { readonly schema?: string } = {}): Storage {
  return {
    spec: STORAGE_SPEC,
    id: `pglite:${folder ?? 'memory'}`,
    family: 'postgres',
    schema: options.schema ?? 'engine',
    open: (purpose) => ({ dialect: postgresDialect(() => new PGliteDriver(folder === undefined ? null : resolve(folder), purpose)) }),
  }
}

/** PGlite has one session; each query and each transaction has it for itself. */
class PGliteDriver implements Driver {
  readonly #folder: string | null
  readonly #purpose: 'reading' | undefined
  #lock: FolderLock | null = null
  #database: PGlite | null = null
  #turn: Promise<void> = Promise.resolve()
  readonly #letOthersRun = createTurns()

  constructor(folder: string | null, purpose?: 'reading') {
    this.#folder = folder
    this.#purpose = purpose
  }

  async init(): Promise<void> {
    const { PGlite: create } = await importPGlite()
    if (this.#folder !== null) {
      if (this.#purpose === 'reading' && !existsSync(this.#folder)) throw new Error(`There is no database folder ${this.#folder}.`)
      mkdirSync(this.#folder, { recursive: true })
      this.#lock = await lockFolder(this.#folder)
    }
    try {
      this.#database = await create.create(this.#folder ?? 'memory://')
    } catch (error) {
      await this.#lock?.release()
      throw error
    }
  }

  async acquireConnection(): Promise<PGliteConnection> {
    await this.#letOthersRun()
    const { promise, resolve: release } = Promise.withResolvers<void>()
    const before = this.#turn
    this.#turn = before.then(() => promise)
    await before
    if (this.#database) return new PGliteConnection(this.#database, release)
    release()
    throw Object.assign(new Error('the database is closed'), { code: '08003' })
  }

  async beginTransaction(connection: PGliteConnection): Promise<void> {
    await connection.control('begin')
  }

  async commitTransaction(connection: PGliteConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: PGliteConnection): Promise<void> {
    await connection.control('rollback')
  }

  async releaseConnection(connection: PGliteConnection): Promise<void> {
    connection.release()
  }

  async destroy(): Promise<void> {
    await this.#turn
    const database = this.#database
    this.#database = null
    await database?.close()
    await this.#lock?.release()
  }
}

class PGliteConnection implements DatabaseConnection {
  readonly #database: PGlite
  readonly release: () => void

  constructor(database: PGlite, release: () => void) {
    this.#database = database
    this.release = release
  }

  async control(text: 'begin' | 'commit' | 'rollback'): Promise<void> {
    await this.#database.exec(text)
  }

  /** @throws when the transaction had failed and Postgres answered the commit with a rollback */
  async commit(): Promise<void> {
    const { rows } = await this.#database.query<{ isOpen: number }>('select 1 as "isOpen"')
    if (rows.length === 1) await this.#database.exec('commit')
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, affectedRows } = await this.#database.query<Row>(query.sql, [...query.parameters], { parsers: pgliteParsers })
    return affectedRows === undefined ? { rows } : { rows, numAffectedRows: BigInt(affectedRows) }
  }

  // One session: an open cursor would keep everybody else waiting.
  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }
}

async function importPGlite() {
  try {
    return await import('@electric-sql/pglite')
  } catch (error) {
    throw new Error('pglite() needs the package @electric-sql/pglite; install it beside @engine/storage-postgres.', { cause: error })
  }
}
