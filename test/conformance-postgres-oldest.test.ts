import { afterAll, beforeAll, expect, it } from 'vitest'

import { postgres } from '@engine/storage-postgres'
import { testStorage } from '@engine/testing/conformance'

import { dropDatabase, startPostgres, type PostgresServer } from './support/postgres.ts'
import { withClient } from './support/server-process.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres({ release: 'oldest', isFleeting: true })
})

afterAll(() => server.stop())

it('is Postgres 15', async () => {
  const { rows } = await withClient(server.url, (client) => client.query<{ server_version: string }>('show server_version'))
  expect(rows[0]?.server_version).toMatch(/^15\./)
})

// docs/databases.md says that it is enough.
testStorage({
  name: 'Postgres 15',
  async create() {
    const url = await server.createDatabase()
    return { storage: postgres(url), reopen: () => postgres(url), dispose: () => dropDatabase(url) }
  },
})
