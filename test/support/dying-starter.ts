// A process that opens a database and kills itself with SIGKILL before its n-th statement; prints DONE when there were fewer.
import type { CompiledQuery, DatabaseConnection, Dialect, Driver } from 'kysely'

import { createEngine, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

const [url = '', last = ''] = process.argv.slice(2)
let statements = 0

function dyingStorage(storage: Storage): Storage {
  return {
    ...storage,
    open(purpose) {
      const session = storage.open(purpose)
      return { ...session, dialect: dyingDialect(session.dialect) }
    },
  }
}

function dyingDialect(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => dyingDriver(dialect.createDriver()),
  }
}

function dyingDriver(driver: Driver): Driver {
  const connections = new Map<DatabaseConnection, DatabaseConnection>()
  const inner = (connection: DatabaseConnection) => connections.get(connection) ?? connection
  return {
    init: () => driver.init(),
    async acquireConnection() {
      const connection = await driver.acquireConnection()
      const dying: DatabaseConnection = {
        executeQuery<Row>(query: CompiledQuery) {
          count()
          return connection.executeQuery<Row>(query)
        },
        streamQuery: (query, size) => connection.streamQuery(query, size),
      }
      connections.set(dying, connection)
      return dying
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(inner(connection), settings),
    async commitTransaction(connection) {
      count()
      await driver.commitTransaction(inner(connection))
    },
    rollbackTransaction: (connection) => driver.rollbackTransaction(inner(connection)),
    releaseConnection: (connection) => driver.releaseConnection(inner(connection)),
    destroy: () => driver.destroy(),
  }
}

function count(): void {
  statements += 1
  if (statements === Number(last)) process.kill(process.pid, 'SIGKILL')
}

const engine = await createEngine({ storage: dyingStorage(url.startsWith('postgres:') ? postgres(url) : sqlite(url)) })
await engine.stop()
console.log(`DONE ${statements}`)
