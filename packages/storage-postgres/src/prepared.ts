import { createHash } from 'node:crypto'

/** How many statements a connection keeps prepared at most: the server holds them until the connection ends. */
const most = 256
/** How many texts are remembered while it is not yet clear that they come again. */
const mostSeen = 1_024

/**
 * Names for statements that are worth preparing. A text gets its name when it comes for the second time; names are never
 * taken back, since the server could not be told to forget one on every connection.
 */
export class PreparedNames {
  readonly #names = new Map<string, string>()
  readonly #seen = new Set<string>()
  #renamed = 0

  /** The name to send a text with, or undefined to send it as it is. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text)
    if (name !== undefined || this.#names.size >= most) return name
    if (!this.#seen.delete(text)) {
      this.#remember(text)
      return undefined
    }
    const given = `engine_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    this.#names.set(text, given)
    return given
  }

  /** Gives a text another name, because what was prepared under the one before is no longer right. @returns whether it had one */
  rename(text: string): boolean {
    const name = this.#names.get(text)
    if (name === undefined) return false
    this.#renamed += 1
    this.#names.set(text, `${name.replace(/_\d+$/, '')}_${this.#renamed}`)
    return true
  }

  #remember(text: string): void {
    if (this.#seen.size >= mostSeen) this.#seen.clear()
    this.#seen.add(text)
  }
}
