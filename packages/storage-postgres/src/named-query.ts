import pg, { type ClientBase, type Connection } from 'pg'

import { typeParsers } from './values.ts'

/** A column of an answer: its name, and how its text is read. */
interface Column {
  readonly name: string
  readonly read: (text: string) => unknown
}

interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

export interface Answer {
  readonly rows: object[]
  /** Null where the statement counts none. */
  readonly rowCount: number | null
}

// What a client of node-postgres calls on the queries that it is given, of which its types tell `submit` only.

interface Fields {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}
interface Values {
  readonly fields: readonly (string | null)[]
}

interface ClientQuery {
  /** Under which it is prepared. */
  name: string | undefined
  submit(connection: Connection): Error | null
  handleRowDescription(message: Fields): void
  handleDataRow(message: Values): void
  handleCommandComplete(message: object, connection: Connection): void
}

type Told = (error: Error | null, answer?: { rowCount: number | null }) => void

const ClientQuery = pg.Query as unknown as new (text: string, values: readonly unknown[], told: Told) => ClientQuery

/** Those of the native client are others. */
const isKnown = ['submit', 'handleRowDescription', 'handleDataRow', 'handleCommandComplete'].every((name) => name in pg.Query.prototype)

/** The columns of the statements that were prepared on a connection, by their names. */
const columnsOf = new WeakMap<Connection, Map<string, readonly Column[]>>()

/**
 * A prepared statement whose answer is described once on each connection. node-postgres asks for the description each time: of a row of fifty columns that is more work, for
 * the server and for us, than reading it. It cannot become wrong, since Postgres refuses a prepared statement whose columns have changed.
 */
class NamedQuery extends ClientQuery {
  readonly #statement: NamedStatement
  readonly #rows: object[]
  #known: Map<string, readonly Column[]> | undefined
  #columns: readonly Column[] | undefined
  #failure: Error | undefined

  constructor(statement: NamedStatement, { resolve, reject }: Pick<PromiseWithResolvers<Answer>, 'resolve' | 'reject'>) {
    const rows: object[] = []
    super(statement.text, statement.values, (error, answer) => {
      const failure = error ?? this.#failure
      if (failure) reject(failure)
      else resolve({ rows, rowCount: answer?.rowCount ?? null })
    })
    this.name = statement.name
    this.#rows = rows
    this.#statement = statement
  }

  override submit(connection: Connection): Error | null {
    const { name, values } = this.#statement
    this.#known = columnsOf.get(connection) ?? new Map<string, readonly Column[]>()
    this.#columns = this.#known.get(name)
    if (!this.#columns || !values.every(isPlain)) {
      columnsOf.set(connection, this.#known)
      return super.submit(connection)
    }
    // Together they are one write.
    connection.stream.cork()
    try {
      connection.bind({ statement: name, values: values.map((value) => (value === null ? null : String(value))) }, true)
      connection.execute({}, true)
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
    return null
  }

  override handleRowDescription({ fields }: Fields): void {
    this.#remember(fields.map(({ name, dataTypeID }) => ({ name, read: typeParsers.getTypeParser(dataTypeID) })))
  }

  override handleDataRow({ fields }: Values): void {
    try {
      this.#rows.push(toRow(this.#columns ?? [], fields))
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error('a value could not be read', { cause: error })
    }
  }

  override handleCommandComplete(message: object, connection: Connection): void {
    // It has no columns, and nobody describes what is not there.
    if (!this.#columns) this.#remember([])
    super.handleCommandComplete(message, connection)
  }

  #remember(columns: readonly Column[]): void {
    this.#columns = columns
    this.#known?.set(this.#statement.name, columns)
  }
}

/** Asks for a statement by the name that it is prepared under, or will be. */
export type AskByName = (client: ClientBase, statement: NamedStatement) => Promise<Answer>

/** On any client, with our parsers. */
export const askAnyClient: AskByName = (client, { name, text, values }) =>
  // The driver only reads the values.
  client.query({ name, text, values: values as unknown[], types: typeParsers })

/** On clients of the node-postgres of this package: another one might take our queries for foreign ones. */
export const askOurClient: AskByName = isKnown ? askDescribedOnce : askAnyClient

function askDescribedOnce(client: ClientBase, statement: NamedStatement): Promise<Answer> {
  const { promise, ...settle } = Promise.withResolvers<Answer>()
  client.query(new NamedQuery(statement, settle))
  return promise
}

function toRow(columns: readonly Column[], texts: Values['fields']): object {
  const row: Record<string, unknown> = {}
  columns.forEach(({ name, read }, index) => {
    const text = texts[index] ?? null
    row[name] = text === null ? null : read(text)
  })
  return row
}

/** Whether its text says all; how others are written is known to node-postgres. */
function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
