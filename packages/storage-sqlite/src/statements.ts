import type { Database as Native, Statement } from 'better-sqlite3'

/** How many prepared statements a connection keeps at most. */
const most = 256

/** Prepared statements of one connection. Those that were not asked for while half as many others were go first. */
export class StatementCache {
  readonly #connection: Native
  #recent = new Map<string, Statement>()
  #earlier = new Map<string, Statement>()

  constructor(connection: Native) {
    this.#connection = connection
  }

  get(text: string): Statement {
    return this.#recent.get(text) ?? this.#keep(text)
  }

  #keep(text: string): Statement {
    // A host's own connection may be set to answer with bigints.
    const statement = this.#earlier.get(text) ?? this.#connection.prepare(withSteadyPlan(text)).safeIntegers(false)
    this.#earlier.delete(text)
    if (this.#recent.size === most / 2) {
      this.#earlier = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(text, statement)
    return statement
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
