import type { DatabaseConnection, Dialect, Driver } from 'kysely'

import type { Storage } from '@engine/core'

/** Told each statement before it is run, and its number, counted from 1 over all that is done to the storage. */
export type BeforeStatement = (text: string, count: number) => void | Promise<void>

/**
 * The same storage, of which a test sees every statement before it is run: it can fail one by throwing, or hold it back.
 * The ends of transactions are not among them. Nobody can join it, and it has no hints and no file.
 */
export function intercepted(storage: Storage, before: BeforeStatement): Storage {
  const { spec, id, family, schema } = storage
  let count = 0
  const see = (text: string) => before(text, (count += 1))
  return {
    spec,
    id,
    family,
    ...(schema !== undefined && { schema }),
    open: (purpose) => ({ dialect: interceptedDialect(storage.open(purpose).dialect, see) }),
  }
}

function interceptedDialect(dialect: Dialect, see: (text: string) => void | Promise<void>): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => interceptedDriver(dialect.createDriver(), see),
  }
}

function interceptedDriver(driver: Driver, see: (text: string) => void | Promise<void>): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>()
  const innerOf = (connection: DatabaseConnection) => inner.get(connection) ?? connection
  return {
    init: () => driver.init(),
    destroy: () => driver.destroy(),
    beginTransaction: (connection, settings) => driver.beginTransaction(innerOf(connection), settings),
    commitTransaction: (connection) => driver.commitTransaction(innerOf(connection)),
    rollbackTransaction: (connection) => driver.rollbackTransaction(innerOf(connection)),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    async acquireConnection() {
      const acquired = await driver.acquireConnection()
      const connection: DatabaseConnection = {
        async executeQuery(query) {
          await see(query.sql)
          return acquired.executeQuery(query)
        },
        streamQuery: (query, chunkSize) => acquired.streamQuery(query, chunkSize),
      }
      inner.set(connection, acquired)
      return connection
    },
  }
}
