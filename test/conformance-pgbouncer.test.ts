import { describe, inject } from 'vitest'

import { postgres } from '@engine/storage-postgres'
import { testStorage } from '@engine/testing/conformance'

import { createDatabase, dropDatabase } from './support/postgres.ts'
import { throughPgBouncer } from './support/storages.ts'

const skipped = inject('pgbouncerSkipped')

// Pooling by transaction: each transaction may have another server connection, so nothing can be kept in a session.
describe.skipIf(skipped !== null)(skipped === null ? 'pooled' : `skipped: ${skipped}`, () => {
  testStorage({
    name: 'Postgres behind PgBouncer',
    async create() {
      const url = await createDatabase(inject('postgresUrl'))
      const reopen = () => postgres(throughPgBouncer(url), { listenUrl: url })
      return { storage: reopen(), reopen, dispose: () => dropDatabase(url) }
    },
  })
})
