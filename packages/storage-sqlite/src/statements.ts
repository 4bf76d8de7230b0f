import type { Database as Native, Statement } from 'better-sqlite3'

/** How many prepared statements a connection keeps. */
const most = 256

/** Prepared statements of one connection, the least recently used one dropped first. */
export class StatementCache {
  readonly #connection: Native
  readonly #statements = new Map<string, Statement>()

  constructor(connection: Native) {
    this.#connection = connection
  }

  get(text: string): Statement {
    const known = this.#statements.get(text)
    if (known) {
      this.#statements.delete(text)
      this.#statements.set(text, known)
      return known
    }
    const statement = this.#connection.prepare(text)
    this.#statements.set(text, statement)
    if (this.#statements.size > most) {
      const [oldest] = this.#statements.keys()
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    return statement
  }

  get size(): number {
    return this.#statements.size
  }
}
