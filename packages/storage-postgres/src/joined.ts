import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { ClientBase } from 'pg'

import type { Refusal } from '@engine/core/plugin'

import { runQuery, toResult } from './driver.ts'
import { withCode } from './failures.ts'
import { typeParsers } from './values.ts'

const takes =
  'Engine joins the transaction of a client of node-postgres (pool.connect() or new Client()) that has sent BEGIN, or of your own Kysely over it.'

/** The connection behind a client of node-postgres, or behind the host's own Kysely over one. */
export function adoptClient(handle: object): DatabaseConnection | Refusal {
  if (isClient(handle)) return new ClientConnection(handle)
  if (isKyselyConnection(handle)) return new KyselyConnection(handle)
  const isPool = 'totalCount' in handle && 'connect' in handle
  return { refusal: isPool ? `A pool gives each query another connection. ${takes}` : `This is no client of node-postgres. ${takes}` }
}

/** A pool has no `escapeIdentifier`. */
function isClient(handle: object): handle is ClientBase {
  return 'query' in handle && 'escapeIdentifier' in handle
}

function isKyselyConnection(handle: object): handle is DatabaseConnection {
  return 'executeQuery' in handle && 'streamQuery' in handle
}

/** The host's own client. Nothing is prepared on it, since it may be a pooler's. */
class ClientConnection implements DatabaseConnection {
  readonly #client: ClientBase

  constructor(client: ClientBase) {
    this.#client = client
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const result = await runQuery(this.#client, query)
      this.#refuseIfOver()
      return toResult<Row>(result)
    } catch (error) {
      throw withCode(error)
    }
  }

  /** A commit that the host sent without waiting for us: the rest of the command must not commit statement by statement. */
  #refuseIfOver(): void {
    // Versions of node-postgres before 8.18 do not tell; there the end of the savepoint fails.
    const status = 'getTransactionStatus' in this.#client ? this.#client.getTransactionStatus() : null
    if (status === 'I') throw Object.assign(new Error('the transaction ended'), { code: '25P01' })
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }
}

/**
 * A connection of the host's Kysely over node-postgres, whose parsers are the host's: dates, bigints as text or whatever it
 * has set. Kysely hands the text of a query to the client as it is, and where node-postgres takes a text it also takes a
 * description of the query, with parsers for it alone. So core gets its values exactly as from a client, and the host's
 * settings stay. Whether they came so is seen at the first number (`recognize` in core).
 */
class KyselyConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection

  constructor(connection: DatabaseConnection) {
    this.#connection = connection
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    // Loggers of the host that write the text out still do.
    const text: unknown = { text: query.sql, types: typeParsers, toString: () => query.sql }
    try {
      // Kysely's type is a text, which is all that its own compilers make; its driver only passes it on.
      return await this.#connection.executeQuery<Row>({ ...query, sql: text as string })
    } catch (error) {
      throw withCode(error)
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }
}
