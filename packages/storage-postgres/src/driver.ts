import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { ClientBase, PoolClient, QueryResult as PgResult } from 'pg'

import { asCommitFailure, asConnectFailure, brokenUnderway, isStalePlan } from './failures.ts'
import type { Answer, AskByName } from './named-query.ts'
import type { PoolSource } from './pool.ts'
import { PreparedNames } from './prepared.ts'
import { typeParsers } from './values.ts'

/**
 * Whatever the database's defaults are. A process that hangs in the middle, or a machine that is cut off, must not hold its
 * locks for ever; and who waits for a lock gets an answer. All of it holds for the transaction only, so a pooler's next client
 * has its own.
 */
const beginText = `begin isolation level read committed; set local lock_timeout = '10s'; set local idle_in_transaction_session_timeout = '10s'`

/** A lock that a transaction begins with has no answer that anybody would wait for: it goes with the statement behind it. */
const lockText = 'select pg_advisory_xact_lock'

/** A Kysely driver on node-postgres: named prepared statements, no session state, safe behind a transaction pooler. */
export class PostgresDriver implements Driver {
  readonly #source: PoolSource
  readonly #names = new PreparedNames()
  /** Kysely remembers weakly each connection that it ever saw, which the garbage collector pays for; so those of a client serve again. */
  readonly #connections = new WeakMap<PoolClient, PooledConnection>()

  constructor(source: PoolSource) {
    this.#source = source
  }

  async init(): Promise<void> {
    await this.#source.open()
  }

  async acquireConnection(): Promise<PooledConnection> {
    try {
      const client = await this.#source.acquire()
      const known = this.#connections.get(client)
      const { prepares, askByName } = this.#source
      const connection = known ?? new PooledConnection(client, { names: prepares ? this.#names : null, askByName })
      if (!known) this.#connections.set(client, connection)
      connection.take()
      return connection
    } catch (error) {
      throw asConnectFailure(error)
    }
  }

  async beginTransaction(connection: PooledConnection): Promise<void> {
    connection.begin()
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    await connection.rollback()
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.release()
  }

  async destroy(): Promise<void> {
    await this.#source.close()
  }
}

/** One client, for one query or one transaction at a time. */
class PooledConnection implements DatabaseConnection {
  readonly #client: PoolClient
  readonly #names: PreparedNames | null
  readonly #askByName: AskByName
  #failure: Error | null = null
  #isInTransaction = false
  /** What is still to be said before the first statement of the transaction that has an answer; empty once it was. */
  #beginning = ''

  constructor(client: PoolClient, { names, askByName }: { names: PreparedNames | null; askByName: AskByName }) {
    this.#client = client
    this.#names = names
    this.#askByName = askByName
  }

  /** Begins to serve a query or a transaction. */
  take(): void {
    this.#isInTransaction = false
    this.#beginning = ''
    // A client that loses its connection between two queries says so only by this event.
    this.#client.on('error', this.#noteFailure)
  }

  readonly #noteFailure = (error: Error): void => {
    this.#failure ??= error
  }

  get isBroken(): boolean {
    return this.#failure !== null
  }

  /** The first statement takes the beginning with it: one round trip less for every transaction. */
  begin(): void {
    this.#isInTransaction = true
    this.#beginning = beginText
  }

  async rollback(): Promise<void> {
    // On a broken connection the server rolls back by itself.
    if (this.#beginning === '' && !this.isBroken) await this.#control('rollback')
  }

  async #control(text: string): Promise<PgResult> {
    return this.#ask(() => this.#client.query(text))
  }

  /** @throws when the transaction had failed and Postgres answered the commit with a rollback */
  async commit(): Promise<void> {
    // It broke before the commit was asked for: the server has rolled everything back.
    if (this.#failure) throw brokenUnderway(this.#failure) ?? this.#failure
    if (this.#beginning !== '') return
    try {
      const { command } = await this.#control('commit')
      if (command !== 'COMMIT') throw Object.assign(new Error('the transaction had failed; it was rolled back'), { code: '25P02' })
    } catch (error) {
      throw asCommitFailure(error)
    }
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#beginning === '') return this.#execute(query)
    // Several statements go in one message only where none has values.
    const isPlain = query.parameters.length === 0
    if (isPlain && query.sql.startsWith(lockText)) {
      this.#beginning += `; ${query.sql}`
      return { rows: [] }
    }
    const beginning = this.#beginning
    this.#beginning = ''
    if (isPlain) return toResult<Row>(await this.#ask(() => this.#beginWith(`${beginning}; ${query.sql}`)))
    const begun = this.#control(beginning)
    // Where messages may follow each other, the statement does not wait to hear that the transaction has begun.
    if (!this.#client.pipeline) await begun
    const [, result] = await Promise.all([begun, this.#execute<Row>(query)])
    return result
  }

  async #execute<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await this.#ask(() => this.#send<Row>(query))
    } catch (error) {
      if (!isStalePlan(error) || !this.#names?.rename(query.sql) || this.#isInTransaction) throw error
      // Refused before anything was done, and under its new name it is planned anew.
      return this.#ask(() => this.#send<Row>(query))
    }
  }

  async #send<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const name = this.#names?.nameOf(query.sql)
    if (name === undefined) return toResult<Row>(await runQuery(this.#client, query))
    const statement = { name, text: query.sql, values: query.parameters }
    return toResult<Row>(await this.#askByName(this.#client, statement))
  }

  async #beginWith(text: string): Promise<PgResult> {
    // What answers several statements is a list, of which the types of `pg` know nothing.
    const results: PgResult | PgResult[] = await this.#client.query({ text, types: typeParsers })
    const last = Array.isArray(results) ? results.at(-1) : results
    if (!last) throw new Error('the database answered no statement')
    return last
  }

  // Rows are read in pages; a cursor would need a connection of its own.
  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed; read pages')
  }

  release(): void {
    this.#client.off('error', this.#noteFailure)
    this.#client.release(this.#failure ?? undefined)
  }

  async #ask<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const broken = brokenUnderway(error)
      if (broken) this.#failure ??= broken
      throw broken ?? error
    }
  }
}

/** Runs one query with our parsers, whatever parsers its client has. */
export async function runQuery(client: ClientBase, query: CompiledQuery): Promise<PgResult> {
  // The driver only reads the values.
  return client.query({ text: query.sql, values: query.parameters as unknown[], types: typeParsers })
}

export function toResult<Row>(result: Answer): QueryResult<Row> {
  // The statement's columns are the row type that Kysely inferred from its text.
  const rows = result.rows as Row[]
  return result.rowCount === null ? { rows } : { rows, numAffectedRows: BigInt(result.rowCount) }
}
