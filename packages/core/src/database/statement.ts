import type { CompiledQuery, DatabaseConnection, Kysely, QueryResult, RawBuilder, Transaction } from 'kysely'

import type { AnswersAtOnce, DatabaseFamily } from '../ports/storage.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

interface Compilable<Row> {
  compile(): CompiledQuery<Row>
}

/** Stands for a value while a statement is compiled. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * A statement whose text never changes: built and compiled once per database, then run with its parameters.
 * `build` sees each parameter as a placeholder, so it may pass it on but never look at it; it may look at the family,
 * for the few things that families write differently.
 *
 * @example const findGoal = statement((db, given: { id: string }) => db.selectFrom('goals').selectAll().where('id', '=', given.id))
 */
export function statement<Parameters extends object, Row>(
  build: (db: Kysely<Database>, given: Parameters, family: DatabaseFamily) => Compilable<Row>,
): (db: Kysely<Database>, given: Parameters) => Promise<Row[]> {
  const compiledFor = new WeakMap<object, CompiledQuery<Row>>()
  // Only names are read from it while building; see `bind` for the values.
  const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) }) as Parameters

  return async function run(db, given) {
    const { adapter } = db.getExecutor()
    let compiled = compiledFor.get(adapter)
    if (!compiled) {
      compiled = build(db, placeholders, familyOf(db)).compile()
      compiledFor.set(adapter, compiled)
    }
    const query = { ...compiled, parameters: bind(compiled.parameters, given) }
    const execute = shortcuts.get(db)
    const answer = execute ? execute<Row>(query) : db.executeQuery<Row>(query)
    return 'rows' in answer ? answer.rows : (await answer).rows
  }
}

function bind(parameters: readonly unknown[], given: object): unknown[] {
  return parameters.map((parameter) => {
    if (!(parameter instanceof Placeholder)) return parameter
    const value = Reflect.get(given, parameter.name) as unknown
    if (value === undefined) throw new Error(`the statement's parameter ${parameter.name} is missing`)
    return value
  })
}

type Execute = <Row>(query: CompiledQuery<Row>) => QueryResult<Row> | Promise<QueryResult<Row>>

/** Of the transactions that are under way inside `directly`. */
const shortcuts = new WeakMap<Kysely<Database>, Execute>()

/**
 * Runs what is done in a transaction with its statements going straight to its connection. Where the database answers inside this process,
 * all that Kysely does on the way costs nearly as much as the statement: turns for statements that are never asked for at the same
 * time, and a look whether the transaction is over, which is what leaving this function says.
 */
export async function directly<Result>(tx: Transaction<Database>, work: () => Promise<Result>): Promise<Result> {
  const connection = await tx.getExecutor().provideConnection(async (own) => own)
  shortcuts.set(tx, executeOf(connection))
  try {
    return await work()
  } finally {
    shortcuts.delete(tx)
  }
}

function executeOf(connection: DatabaseConnection & Partial<AnswersAtOnce>): Execute {
  // Whoever is to hear of statements, as Kysely's log is, replaced the method by one of the connection's own.
  if (!connection.executeNow || Object.hasOwn(connection, 'executeQuery')) return (query) => connection.executeQuery(query)
  return connection.executeNow.bind(connection)
}

/** A statement written as text, for what a query builder does not say well. */
export function rawStatement<Row>(db: Kysely<Database>, text: RawBuilder<Row>): Compilable<Row> {
  return { compile: () => text.compile(db) }
}

/** The only row of a statement that finds at most one. */
export function first<Row>(rows: readonly Row[]): Row | null {
  return rows[0] ?? null
}
