import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely'

import type { Ledger, SeenStatement } from './ledger.ts'

/** A dialect that tells the ledger what its driver executes and commits. */
export interface WatchedDialect extends Dialect {
  /** Whether a driver of it is open, so that `query` can be asked. */
  readonly isOpen: boolean
  /** Runs queries in a transaction of their own beside the engine, past the ledger. @returns the rows of each */
  query(queries: readonly CompiledQuery[]): Promise<unknown[][]>
}

export function watchDialect(dialect: Dialect, ledger: Ledger): WatchedDialect {
  // Kysely makes one of each dialect.
  let driver: WatchedDriver | null = null
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      // Kysely hands a single connection out in turns, but above the driver, where our own queries do not pass.
      const isInTurns = dialect.createAdapter().supportsMultipleConnections === false
      driver = new WatchedDriver(dialect.createDriver(), { ledger, isInTurns })
      return driver
    },
    get isOpen() {
      return driver?.isOpen === true
    },
    async query(queries) {
      if (!driver) throw new Error('the database is not open')
      return driver.query(queries)
    },
  }
}

class WatchedDriver implements Driver {
  readonly #inner: Driver
  readonly #ledger: Ledger
  readonly #isInTurns: boolean
  #turn: Promise<void> = Promise.resolve()
  #giveBack: () => void = () => undefined
  isOpen = false

  constructor(inner: Driver, { ledger, isInTurns }: { ledger: Ledger; isInTurns: boolean }) {
    this.#inner = inner
    this.#ledger = ledger
    this.#isInTurns = isInTurns
  }

  async init(): Promise<void> {
    await this.#inner.init()
    this.isOpen = true
  }

  async acquireConnection(): Promise<WatchedConnection> {
    if (this.#isInTurns) await this.#takeTurn()
    return new WatchedConnection(await this.#inner.acquireConnection(), this.#ledger)
  }

  async releaseConnection(connection: WatchedConnection): Promise<void> {
    await this.#inner.releaseConnection(connection.inner)
    this.#giveBack()
  }

  async beginTransaction(connection: WatchedConnection, settings: TransactionSettings): Promise<void> {
    await this.#inner.beginTransaction(connection.inner, settings)
    connection.begin()
  }

  async commitTransaction(connection: WatchedConnection): Promise<void> {
    await this.#inner.commitTransaction(connection.inner)
    connection.commit()
  }

  async rollbackTransaction(connection: WatchedConnection): Promise<void> {
    connection.rollback()
    await this.#inner.rollbackTransaction(connection.inner)
  }

  async destroy(): Promise<void> {
    this.isOpen = false
    await this.#inner.destroy()
    this.#ledger.check()
  }

  async query(queries: readonly CompiledQuery[]): Promise<unknown[][]> {
    const connection = await this.acquireConnection()
    try {
      await this.#inner.beginTransaction(connection.inner, {})
      const rows = await runAll(connection.inner, queries).catch(async (error: unknown) => {
        await this.#inner.rollbackTransaction(connection.inner)
        throw error
      })
      await this.#inner.commitTransaction(connection.inner)
      return rows
    } finally {
      await this.releaseConnection(connection)
    }
  }

  async #takeTurn(): Promise<void> {
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    await before
    this.#giveBack = resolve
  }
}

async function runAll(connection: DatabaseConnection, queries: readonly CompiledQuery[]): Promise<unknown[][]> {
  const found: unknown[][] = []
  for (const query of queries) found.push((await connection.executeQuery(query)).rows)
  return found
}

/** A connection that notes what succeeds on it, until it is known what becomes of it. */
class WatchedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection
  readonly #ledger: Ledger
  #transaction: SeenStatement[] | null = null

  constructor(inner: DatabaseConnection, ledger: Ledger) {
    this.inner = inner
    this.#ledger = ledger
  }

  begin(): void {
    this.#transaction = []
  }

  commit(): void {
    if (this.#transaction) this.#ledger.committed(this.#transaction)
    this.#transaction = null
  }

  rollback(): void {
    this.#transaction = null
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#ledger.executed(query.sql)
    const result = await this.inner.executeQuery<Row>(query)
    const seen = { text: query.sql, rows: Math.max(Number(result.numAffectedRows ?? 0), result.rows.length) }
    if (this.#transaction) this.#transaction.push(seen)
    else this.#ledger.committed([seen])
    return result
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize)
  }
}

/** What a savepoint of ours is called begins a unit of its own in a transaction of the host; see `engine.join`. */
const unitEnds: Readonly<Record<string, (connection: WatchedConnection) => void>> = {
  'savepoint engine_command': (connection) => connection.begin(),
  'rollback to savepoint engine_command': (connection) => connection.rollback(),
  'release savepoint engine_command': (connection) => connection.commit(),
}

/** The connection of a host's transaction, of which each of our savepoints counts as a transaction. */
export function watchAdopted(connection: DatabaseConnection, ledger: Ledger): DatabaseConnection {
  const watched = new WatchedConnection(connection, ledger)
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const end = unitEnds[query.sql]
      if (!end) return watched.executeQuery<Row>(query)
      const result = await connection.executeQuery<Row>(query)
      end(watched)
      return result
    },
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
  }
}
