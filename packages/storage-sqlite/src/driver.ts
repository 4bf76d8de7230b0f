import type { Database as Native, Statement } from 'better-sqlite3'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'

import { createTurns, type AnswersAtOnce } from '@engine/core/plugin'

import { closedError } from './busy.ts'
import { openDatabase, type Handles, type Target } from './open.ts'
import { StatementCache } from './statements.ts'
import { Writer } from './writer.ts'

/** A Kysely driver on better-sqlite3: one writer taken in turns, one reader that sees only committed rows. */
export class SqliteDriver implements Driver {
  readonly #target: Target
  readonly #purpose: 'reading' | undefined
  #open: OpenDatabase | undefined
  readonly #letOthersRun = createTurns()
  /** Kysely remembers weakly each connection that it ever saw, which costs the garbage collector more than a query; so they serve again. */
  readonly #idle: Connection[] = []

  constructor(target: Target, purpose?: 'reading') {
    this.#target = target
    this.#purpose = purpose
  }

  async init(): Promise<void> {
    this.#open = createOpenDatabase(await openDatabase(this.#target, this.#purpose))
  }

  /** Runs work on the writing connection while no transaction is under way. */
  async alone<Result>(work: (connection: Native) => Result): Promise<Result> {
    const { handles, turns } = this.#database()
    return turns.alone(() => work(handles.writer))
  }

  async acquireConnection(): Promise<Connection> {
    await this.#letOthersRun()
    const database = this.#database()
    return this.#idle.pop() ?? new Connection(database)
  }

  async beginTransaction(connection: Connection): Promise<void> {
    await connection.begin()
  }

  async commitTransaction(connection: Connection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: Connection): Promise<void> {
    await connection.rollback()
  }

  async releaseConnection(connection: Connection): Promise<void> {
    this.#idle.push(connection)
  }

  async destroy(): Promise<void> {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    await open.turns.alone(() => {
      open.isClosed = true
      open.handles.reader?.close()
      open.handles.writer.close()
    })
  }

  #database(): OpenDatabase {
    if (!this.#open) throw closedError()
    return this.#open
  }
}

interface OpenDatabase {
  readonly handles: Handles
  readonly turns: Writer
  readonly writing: StatementCache
  /** Of the connection that only reads. Each commit of the other one empties its pages, so that it reads them from the file again. */
  readonly reading: StatementCache | null
  /** Known here too: to ask the connection itself for each query costs more than it seems. */
  isClosed: boolean
}

function createOpenDatabase(handles: Handles): OpenDatabase {
  return {
    handles,
    turns: new Writer(handles.writer, { groups: handles.reader !== null }),
    writing: new StatementCache(handles.writer),
    reading: handles.reader && new StatementCache(handles.reader),
    isClosed: false,
  }
}

/** What Kysely works with for one query or one transaction; many of them share the two real connections. */
class Connection implements DatabaseConnection, AnswersAtOnce {
  readonly #database: OpenDatabase
  #isInTransaction = false

  constructor(database: OpenDatabase) {
    this.#database = database
  }

  async begin(): Promise<void> {
    await this.#database.turns.begin()
    this.#isInTransaction = true
  }

  async commit(): Promise<void> {
    this.#isInTransaction = false
    await this.#database.turns.commit()
  }

  async rollback(): Promise<void> {
    // Kysely rolls back after a failed commit too; that transaction is over already.
    if (!this.#isInTransaction) return
    this.#isInTransaction = false
    await this.#database.turns.rollback()
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#isInTransaction) return this.executeNow<Row>(query)
    const { isClosed, writing, reading, turns } = this.#database
    if (isClosed) throw closedError()
    if (reading) return run<Row>(this.#toRead(reading, query), query)
    return turns.alone(() => run<Row>(writing.get(query.sql), query))
  }

  executeNow<Row>(query: CompiledQuery): QueryResult<Row> {
    const { isClosed, writing } = this.#database
    if (isClosed) throw closedError()
    if (!this.#isInTransaction) throw new Error('only a transaction is answered at once')
    return run<Row>(writing.get(query.sql), query)
  }

  /** The writing connection has the pages at hand, and while it has no transaction it reads what is committed. */
  #toRead(reading: StatementCache, { sql }: CompiledQuery): Statement {
    const { turns, writing } = this.#database
    const statement = turns.isBetweenTransactions ? writing.get(sql) : null
    // A write is refused by the connection that only reads.
    return statement?.readonly ? statement : reading.get(sql)
  }

  // Rows are never streamed, since an open reader stops the WAL from shrinking.
  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('SQLite rows are not streamed; read pages')
  }
}

/** Runs one query by its statement. */
export function run<Row>(statement: Statement, query: CompiledQuery): QueryResult<Row> {
  if (statement.reader) {
    // The statement's columns are the row type that Kysely inferred from its text.
    return { rows: statement.all(...query.parameters) as Row[] }
  }
  const { changes } = statement.run(...query.parameters)
  return { rows: [], numAffectedRows: BigInt(changes) }
}
