import type { Database as Native, Statement } from 'better-sqlite3'

import { closedError, longestPauseMs, whileBusy } from './busy.ts'
import { noWish, wishBeside, type Wish } from './wish.ts'

/** How many transactions share one commit at most, so that another process gets its turn. */
const groupLimit = 64
/** How long a transaction waits for another process's lock before it gives up, milliseconds. */
const lockWaitMs = 10_000
/** How long the file is left to another process that waits for it, milliseconds: until it has looked, even when it is late. */
const giveWayMs = 2 * longestPauseMs

const controlTexts = ['begin immediate', 'commit', 'rollback', 'savepoint command', 'release command', 'rollback to command'] as const
type ControlText = (typeof controlTexts)[number]

/** Transactions that become durable by the same commit, all or none. */
class Group {
  readonly committed: Promise<void>
  size = 0
  /** The first member needs no savepoint: while it is alone, rolling back everything rolls back it. */
  isFirst = true
  failure: unknown = null
  readonly #settle: { resolve: () => void; reject: (reason: unknown) => void }

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.committed = promise
    this.#settle = { resolve, reject }
    // Members await it when they commit; a group whose members all rolled back has nobody to hear of it.
    promise.catch(() => undefined)
  }

  resolve(): void {
    this.#settle.resolve()
  }

  reject(reason: unknown): void {
    this.#settle.reject(reason)
  }
}

/**
 * Lets what else arrived meanwhile, such as requests on other sockets, ask for its turn before the file is locked, so that one commit
 * serves all of it. Waiting with the lock held would block whoever writes to the file from this thread by another connection.
 */
function othersOfThisTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * The one writing connection, taken in turns. Transactions that wait for their turn while one is under way join its
 * group: each runs in a savepoint of its own, and one commit makes all of them durable.
 */
export class Writer {
  readonly #connection: Native
  readonly #control: Record<ControlText, Statement>
  readonly #groupLimit: number
  readonly #wish: Wish
  readonly #waiting: (() => void)[] = []
  #isTaken = false
  #group: Group | null = null

  constructor(connection: Native, options: { groups: boolean }) {
    this.#connection = connection
    this.#control = Object.fromEntries(controlTexts.map((text) => [text, connection.prepare(text)])) as Record<ControlText, Statement>
    this.#groupLimit = options.groups ? groupLimit : 1
    this.#wish = options.groups ? wishBeside(connection.name) : noWish
  }

  /** Whether what is read on this connection is what is committed. */
  get isBetweenTransactions(): boolean {
    // After a failed commit there may be a transaction that could not be rolled back either.
    return this.#group === null && !this.#connection.inTransaction
  }

  /** Waits for the turn without opening a transaction: for reads of a database that has one connection. */
  async alone<Result>(work: () => Result): Promise<Result> {
    await this.#take()
    try {
      // A turn that was handed on within a group: its members are not to wait for us.
      if (this.#group) this.#endGroup(this.#group)
      return work()
    } finally {
      this.#next()
    }
  }

  async begin(): Promise<void> {
    await this.#take()
    try {
      if (this.#group === null) {
        if (this.#groupLimit > 1) await othersOfThisTurn()
        if (!this.#connection.open) throw closedError()
        await this.#lock()
        this.#group = new Group()
      } else {
        this.#group.isFirst = false
        this.#control['savepoint command'].run()
      }
    } catch (error) {
      if (this.#group) this.#leave(this.#group)
      else this.#next()
      throw error
    }
  }

  /** Resolves when the transaction is on disk; rejects when it is not. */
  async commit(): Promise<void> {
    const group = this.#current()
    try {
      this.#noteLostTransaction(group)
      if (group.failure === null && !group.isFirst) this.#control['release command'].run()
      group.size += 1
    } catch (error) {
      // What became of this member is not known any more, so nothing of the group may be committed.
      group.failure ??= error
      throw error
    } finally {
      this.#leave(group)
    }
    await group.committed
  }

  async rollback(): Promise<void> {
    const group = this.#current()
    try {
      this.#noteLostTransaction(group)
      if (group.failure === null) this.#undo(group)
    } catch (error) {
      group.failure ??= error
      throw error
    } finally {
      this.#leave(group)
    }
  }

  #undo(group: Group): void {
    // Alone in its group: leaving with nobody committed rolls everything back.
    if (group.isFirst) return
    this.#control['rollback to command'].run()
    this.#control['release command'].run()
  }

  /** Some failures (disk full, I/O) make SQLite roll back everything by itself; then the whole group is lost. */
  #noteLostTransaction(group: Group): void {
    if (!this.#connection.inTransaction)
      group.failure ??= Object.assign(new Error('SQLite rolled the transaction back'), { code: 'SQLITE_IOERR' })
  }

  #current(): Group {
    if (this.#group === null) throw new Error('there is no transaction to end')
    return this.#group
  }

  /** Ends a member's turn: the next one joins the group, or the group is committed. */
  #leave(group: Group): void {
    const isUndone = group.size === 0 && group.isFirst
    const hasRoom = group.size < this.#groupLimit && group.failure === null && !isUndone
    if (hasRoom && this.#waiting.length > 0) return this.#next()
    this.#endGroup(group)
    this.#next()
  }

  #endGroup(group: Group): void {
    this.#group = null
    try {
      if (group.failure !== null) throw group.failure
      this.#control[group.size > 0 ? 'commit' : 'rollback'].run()
      group.resolve()
    } catch (error) {
      group.reject(error)
      this.#rollBackQuietly()
    }
  }

  /** After a failure that was told already; a connection that cannot even roll back will say so to the next one. */
  #rollBackQuietly(): void {
    try {
      if (this.#connection.inTransaction) this.#control.rollback.run()
    } catch {
      // The next `begin immediate` meets the same trouble and reports it.
    }
  }

  async #take(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #next(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#isTaken = false
  }

  /** Takes the file's write lock at once, so that no transaction fails for having read before it wrote. */
  async #lock(): Promise<void> {
    if (this.#wish.heed()) await new Promise((resolve) => setTimeout(resolve, giveWayMs))
    let isWishing = false
    const begin = () => this.#control['begin immediate'].run()
    try {
      await whileBusy(lockWaitMs, begin, () => {
        isWishing = true
        this.#wish.say()
      })
    } finally {
      if (isWishing) this.#wish.takeBack()
    }
  }
}
