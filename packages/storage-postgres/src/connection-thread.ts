// What a thread of Engine reaches the server with; see StorageSession of @engine/core.
import pg from 'pg'

import type { ThreadConnect } from '@engine/core/plugin'

/** How long a connection or a statement may take, milliseconds; a server that is gone must be an answer, not a silence. */
const patienceMs = 5_000

export const connect: ThreadConnect = async (target) => {
  const client = new pg.Client({
    connectionString: String(target),
    application_name: `engine ${process.pid} leases`,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    keepAlive: true,
  })
  // A connection that breaks is an error of the next statement.
  client.on('error', () => undefined)
  await client.connect()
  return {
    run: async ({ sql, parameters }) => (await client.query<object>(sql, [...parameters])).rows,
    close: () => client.end(),
  }
}
