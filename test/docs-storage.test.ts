// The storage of docs/storage-authors.md and its test, as they stand there, over a dialect of a Postgres server.
import type { Dialect } from 'kysely'
import { afterAll, inject, vi } from 'vitest'

import { postgres } from '@engine/storage-postgres'

import { runBlocks } from './support/docs-run.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'

/** What the page leaves to its reader: a dialect, and databases to try it on. */
class MyDialect implements Dialect {
  readonly #dialect: Dialect

  constructor(url: string) {
    this.#dialect = postgres(url).open().dialect
  }

  createAdapter: Dialect['createAdapter'] = () => this.#dialect.createAdapter()
  createDriver: Dialect['createDriver'] = () => this.#dialect.createDriver()
  createIntrospector: Dialect['createIntrospector'] = (db) => this.#dialect.createIntrospector(db)
  createQueryCompiler: Dialect['createQueryCompiler'] = () => this.#dialect.createQueryCompiler()
}

vi.stubGlobal('MyDialect', MyDialect)
vi.stubGlobal('createDatabase', () => createDatabase(inject('postgresUrl')))
vi.stubGlobal('dropDatabase', dropDatabase)
afterAll(() => void vi.unstubAllGlobals())

await runBlocks('docs/storage-authors.md', ['STORAGE_SPEC', 'testStorage('])
