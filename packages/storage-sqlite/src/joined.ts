import type { Database as Native } from 'better-sqlite3'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

import type { Refusal } from '@engine/core/plugin'

import { run } from './driver.ts'
import { StatementCache } from './statements.ts'

const takes =
  'Engine joins the transaction of a better-sqlite3 Database that has executed `begin immediate`, or of your own Kysely over one; either has the same file open.'

/** The connection behind the host's own better-sqlite3 database, or behind its Kysely. */
export function adoptConnection(handle: object): DatabaseConnection | Refusal {
  // Kysely's SQLite dialect answers with SQLite's own values, as core wants them.
  if (isKyselyConnection(handle)) return handle
  if (!isNative(handle)) return { refusal: `This is no connection of better-sqlite3. ${takes}` }
  if (!handle.inTransaction) return { refusal: `This connection has no transaction open. ${takes}` }
  return new JoinedConnection(handle)
}

function isNative(handle: object): handle is Native {
  return 'prepare' in handle && 'pragma' in handle && 'inTransaction' in handle
}

function isKyselyConnection(handle: object): handle is DatabaseConnection {
  return 'executeQuery' in handle && 'streamQuery' in handle
}

class JoinedConnection implements DatabaseConnection {
  readonly #connection: Native
  readonly #statements: StatementCache

  constructor(connection: Native) {
    this.#connection = connection
    this.#statements = new StatementCache(connection)
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    // Outside a transaction a savepoint would begin one, and its release would commit it.
    if (!this.#connection.inTransaction) throw Object.assign(new Error('no transaction is open'), { code: '25P01' })
    return run<Row>(this.#statements.get(query.sql), query)
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }
}
