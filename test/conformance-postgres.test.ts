import { inject } from 'vitest'

import { postgres } from '@engine/storage-postgres'
import { testStorage } from '@engine/testing/conformance'

import { createDatabase, dropDatabase } from './support/postgres.ts'

testStorage({
  name: 'Postgres',
  async create() {
    const url = await createDatabase(inject('postgresUrl'))
    return { storage: postgres(url), reopen: () => postgres(url), dispose: () => dropDatabase(url) }
  },
})
