import { CompiledQuery, type DatabaseConnection, type Dialect, type Driver, type Kysely, type QueryExecutor } from 'kysely'

import { EngineError } from '../kernel/errors.ts'
import type { Storage } from '../ports/storage.ts'
import { explainJoinError, notJoinable, transactionOver, unreachable } from './join-errors.ts'
import { openDatabase } from './open.ts'
import type { Database } from './tables.ts'

/**
 * Core's view of a transaction that the host has open: a transaction in it is a savepoint of the host's. Whoever comes
 * while one is open waits for its end, also through another view of the same handle.
 * @throws `not_joinable` for a handle that the storage does not take
 */
export function openJoined(handle: object, given: { storage: Storage; dialect: Dialect; db: Kysely<Database> }): Kysely<Database> {
  const { storage, dialect, db } = given
  // A caller without types may have given nothing at all.
  const lend = lenderOf(Object(handle), storage)
  return openDatabase(storage, {
    // The adapter of Engine's own connections: what was compiled for them is used here too.
    createAdapter: () => db.getExecutor().adapter,
    createDriver: () => new JoinedDriver(lend),
    createIntrospector: (joined) => dialect.createIntrospector(joined),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  })
}

/** Lends the session of the host's transaction to one at a time. */
type Lend = (use: (connection: DatabaseConnection) => Promise<void>) => Promise<void>

function lenderOf(handle: object, storage: Storage): Lend {
  if (!isKysely(handle)) return inTurns(handle, adopt(storage, handle))
  if (!handle.isTransaction) {
    throw notJoinable('This Kysely is no transaction; pass the one that `db.transaction().execute()` gives to its callback.')
  }
  const executor = handle.getExecutor()
  // Kysely lets nobody else use the transaction meanwhile, and refuses once it is over. The host's plugins are not asked.
  return async (use) => executor.provideConnection((connection) => use(adopt(storage, connection)))
}

function adopt(storage: Storage, handle: object): DatabaseConnection {
  const adopted = storage.adopt?.(handle)
  if (adopted && !('refusal' in adopted)) return adopted
  throw notJoinable(adopted?.refusal ?? `Engine has ${storage.id} for itself; no transaction of yours can reach it.`)
}

interface HostKysely {
  readonly isTransaction: boolean
  getExecutor(): Pick<QueryExecutor, 'provideConnection'>
}

/** By its members: the host's Kysely may be another copy of the package than ours. */
function isKysely(handle: object): handle is HostKysely {
  return 'getExecutor' in handle && 'isTransaction' in handle
}

/** When the last one who was lent a handle gives it back. */
const turns = new WeakMap<object, Promise<void>>()

function inTurns(handle: object, connection: DatabaseConnection): Lend {
  return async (use) => {
    const { promise, resolve: giveBack } = Promise.withResolvers<void>()
    const before = turns.get(handle)
    turns.set(handle, promise)
    await before
    await use(connection).finally(giveBack)
  }
}

class JoinedDriver implements Driver {
  readonly #lend: Lend
  /** One connection, lent to one at a time. */
  #giveBack: () => void = () => undefined

  constructor(lend: Lend) {
    this.#lend = lend
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const lent = Promise.withResolvers<DatabaseConnection>()
    const givenBack = Promise.withResolvers<void>()
    const lending = this.#lend(async (connection) => {
      lent.resolve(connection)
      await givenBack.promise
    })
    lending.catch((error: unknown) => lent.reject(EngineError.isInstance(error) ? error : transactionOver(error)))
    const connection = await lent.promise
    this.#giveBack = givenBack.resolve
    return connection
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await control(connection, 'savepoint engine_command', unreachable)
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await control(connection, 'release savepoint engine_command', transactionOver)
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await control(connection, 'rollback to savepoint engine_command', transactionOver)
    await control(connection, 'release savepoint engine_command', transactionOver)
  }

  async releaseConnection(): Promise<void> {
    this.#giveBack()
  }

  async destroy(): Promise<void> {}
}

async function control(connection: DatabaseConnection, text: string, otherwise: (error: unknown) => EngineError): Promise<void> {
  try {
    await connection.executeQuery(CompiledQuery.raw(text))
  } catch (error) {
    const explained = explainJoinError(error)
    throw EngineError.isInstance(explained) ? explained : otherwise(error)
  }
}
