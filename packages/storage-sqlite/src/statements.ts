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
    // A host's own connection may be set to answer with bigints.
    const statement = this.#connection.prepare(withSteadyPlan(text)).safeIntegers(false)
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

/**
 * SQLite looks at the values bound to a comparison or a limit to choose a plan, and prepares the statement anew whenever
 * they change: several times the cost of running it. A unary plus hides the value from the planner and changes nothing
 * else; our plans must not depend on values anyway.
 */
function withSteadyPlan(text: string): string {
  return text.replaceAll(/(=|<|>|limit) \?/g, '$1 +?')
}
