import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

import { createTurns, STORAGE_SPEC, type Storage } from '@engine/core/plugin'
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type SelectModifierNode,
} from 'kysely'

/** A file, by the SQLite that comes with Node. Each engine has one connection to it, which Kysely gives to one at a time. */
export function nodeSqlite(path: string): Storage {
  return {
    spec: STORAGE_SPEC,
    id: `node-sqlite:${path}`,
    family: 'sqlite',
    open: (purpose) => ({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new NodeSqliteDriver(path, purpose),
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new WithoutRowLocks(),
      },
    }),
  }
}

/** A transaction of SQLite has the whole database for itself. */
class WithoutRowLocks extends SqliteQueryCompiler {
  protected override visitSelectModifier({ modifier }: SelectModifierNode): void {
    const isLock = modifier !== undefined && /^(For|SkipLocked|NoWait)/.test(modifier)
    if (!isLock) throw new Error(`SQLite has no ${modifier}`)
  }
}

class NodeSqliteDriver implements Driver {
  readonly #path: string
  readonly #purpose: 'reading' | undefined
  readonly #letOthersRun = createTurns()
  #connection: Connection | null = null

  constructor(path: string, purpose?: 'reading') {
    this.#path = path
    this.#purpose = purpose
  }

  async init(): Promise<void> {
    this.#connection = await whileBusy(() => openConnection(this.#path, this.#purpose))
  }

  /** Also of a closed database: Kysely keeps the turn of a call that gets no connection, and whoever waits behind it would wait for ever. */
  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#letOthersRun()
    return this.#opened()
  }

  /** At once for writing. A transaction that reads first is refused when it writes after somebody else did. */
  async beginTransaction(): Promise<void> {
    await whileBusy(() => this.#opened().execute('begin immediate'))
  }

  async commitTransaction(): Promise<void> {
    this.#opened().execute('commit')
  }

  async rollbackTransaction(): Promise<void> {
    const connection = this.#opened()
    // SQLite may have rolled back by itself, as when it is closed, and Kysely asks for it after a failed commit too.
    if (connection.isInTransaction) connection.execute('rollback')
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.close()
  }

  #opened(): Connection {
    if (!this.#connection) throw new Error('Kysely opens it first')
    return this.#connection
  }
}

function openConnection(path: string, purpose?: 'reading'): Connection {
  return withCodes(() => {
    const database = new DatabaseSync(path, { readOnly: purpose === 'reading' })
    try {
      if (purpose !== 'reading') database.exec('pragma journal_mode = wal')
      // What was acknowledged is there after a power cut.
      database.exec('pragma synchronous = full; pragma foreign_keys = on')
      return new Connection(database)
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** How many statements stay prepared; Engine has some hundreds. */
const mostPrepared = 512

class Connection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get isInTransaction(): boolean {
    return this.#database.isOpen && this.#database.isTransaction
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    this.#refuseWhenClosed()
    return withCodes(() => {
      const statement = this.#statement(sql)
      // Engine binds texts, numbers and null.
      const values = parameters as SQLInputValue[]
      // What the columns hold is the row that Kysely inferred from the statement.
      if (statement.columns().length > 0) return { rows: statement.all(...values) as Row[] }
      return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
    })
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }

  execute(sql: string): void {
    this.#refuseWhenClosed()
    withCodes(() => this.#database.exec(sql))
  }

  close(): void {
    this.#prepared.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #refuseWhenClosed(): void {
    if (!this.#database.isOpen) throw Object.assign(new Error('the database is closed'), { code: 'SQLITE_CANTOPEN' })
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql)
    if (known) return known
    if (this.#prepared.size === mostPrepared) this.#prepared.clear()
    const statement = this.#database.prepare(sql)
    this.#prepared.set(sql, statement)
    return statement
  }
}

/** SQLite's result codes (https://sqlite.org/rescode.html) that Engine knows what to do with, by their numbers. */
const codes: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  275: 'SQLITE_CONSTRAINT_CHECK',
  787: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  1811: 'SQLITE_CONSTRAINT_TRIGGER',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
}

/** Runs it; what SQLite says of a failure stands in `errcode`, and Engine looks for its name in `code`. */
function withCodes<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error) || !('errcode' in error)) throw error
    const number = Number(error.errcode)
    // An extended code has the plain one in its lowest byte.
    const code = codes[number] ?? codes[number & 0xff] ?? 'SQLITE_ERROR'
    throw Object.assign(error, { code })
  }
}

const longestWaitMs = 5_000

/** Tries until nobody else has the file. SQLite's own wait would hold up the event loop, and with it whoever is to let go of the file. */
async function whileBusy<Result>(attempt: () => Result): Promise<Result> {
  const deadline = performance.now() + longestWaitMs
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY'
      if (!isBusy || performance.now() > deadline) throw error
      await sleep(1 + Math.random() * 10)
    }
  }
}
