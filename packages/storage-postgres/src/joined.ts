import type { CompiledQuery, DatabaseConnection, Driver, Dialect, QueryResult } from 'kysely'
import type { ClientBase } from 'pg'

import { runQuery, toResult } from './driver.ts'
import { withCode } from './failures.ts'
import { postgresDialect } from './dialect.ts'

/**
 * A dialect on the host's own client, inside the transaction that the host began: what Engine begins, commits and rolls
 * back there are savepoints. Null when the handle is no client of node-postgres.
 */
export function adoptClient(handle: unknown): Dialect | null {
  return isClient(handle) ? postgresDialect(() => new JoinedDriver(handle)) : null
}

/** Clients and pooled clients have both; a pool has no `connection`. */
function isClient(handle: unknown): handle is ClientBase {
  return typeof handle === 'object' && handle !== null && 'connection' in handle && 'query' in handle && 'escapeIdentifier' in handle
}

/** One connection, asked by one at a time; it stays the host's. */
class JoinedDriver implements Driver {
  readonly #connection: JoinedConnection

  constructor(client: ClientBase) {
    this.#connection = new JoinedConnection(client)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async beginTransaction(): Promise<void> {
    await this.#connection.control('savepoint engine_command')
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.control('release savepoint engine_command')
  }

  async rollbackTransaction(): Promise<void> {
    await this.#connection.control('rollback to savepoint engine_command')
    await this.#connection.control('release savepoint engine_command')
  }

  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

class JoinedConnection implements DatabaseConnection {
  readonly #client: ClientBase

  constructor(client: ClientBase) {
    this.#client = client
  }

  async control(text: string): Promise<void> {
    await this.#client.query(text)
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      // Not prepared: the client is the host's, and may be a pooler's.
      return toResult<Row>(await runQuery(this.#client, query, null))
    } catch (error) {
      throw withCode(error)
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }
}
