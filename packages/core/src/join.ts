import type { Dialect, Kysely } from 'kysely'

import { createApi, type Api } from './api.ts'
import { explainJoinError, transactionOver } from './database/join-errors.ts'
import { openJoined } from './database/joined.ts'
import { recognize } from './database/recognize.ts'
import type { Database } from './database/tables.ts'
import { eventsPresent } from './events/sql.ts'
import { systemActor, type Actor } from './kernel/actor.ts'
import { engineStopped } from './kernel/constraints.ts'
import type { AnyEvent } from './kernel/events.ts'
import { ruleViolated } from './kernel/errors.ts'
import { execute } from './kernel/execute.ts'
import type { Host } from './kernel/host.ts'
import { inSavepoint } from './kernel/transaction.ts'
import type { Storage } from './ports/storage.ts'

/** The whole API inside a transaction of the host, acting as the embedding code. */
export interface Joined extends Api {
  /** The same, narrowed to what this actor may see and do. */
  as(actor: Actor): Api
  /**
   * To be called once the host's commit succeeded: publishes the events of the joined commands in this process, which starts
   * their work at once; without it, the loops find it within `settings.pollMs`. Publishes only what is in the log, so nothing
   * that was rolled back. Resolves when that is done, and after a second at the latest; never rejects.
   */
  committed(): Promise<void>
}

interface JoinOptions {
  readonly storage: Storage
  readonly dialect: Dialect
  /** Engine's database, by `placeOf`. */
  readonly place: string
  /** Whether the engine has let go of its database: the host's connection would still work, and nobody look after what it wrote. */
  readonly isStopped: () => boolean
}

/** How long `committed()` may take, milliseconds. */
const patienceMs = 1_000

/** What is known of one joined transaction. */
interface Session {
  readonly db: Kysely<Database>
  readonly place: string
  readonly isStopped: JoinOptions['isStopped']
  /** What identifies it, once seen; null where nothing does. */
  transaction: string | null
  /** Events that are not published yet. */
  events: AnyEvent[]
  isOver: boolean
}

/** Makes `engine.join`. */
export function createJoin(host: Host, options: JoinOptions): (handle: object) => Joined {
  const { storage, dialect, place, isStopped } = options
  return (handle) => {
    const db = openJoined(handle, { storage, dialect, db: host.db })
    const session: Session = { db, place, isStopped, transaction: null, events: [], isOver: false }
    const run: typeof execute = (_, name, request) => executeJoined(host, session, { name, ...request })
    return {
      ...createApi(host, systemActor, run),
      as: (actor) => createApi(host, actor, run),
      committed: () => publishCommitted(host, session),
    }
  }
}

type Request = { readonly name: string } & Parameters<typeof execute>[2]

/** Runs one operation in a savepoint of its own: when it fails, reads of it too, the host's transaction is as before. */
async function executeJoined(host: Host, session: Session, { name, ...request }: Request): Promise<unknown> {
  if (session.isStopped()) throw engineStopped()
  if (session.isOver) throw transactionOver()
  const definition = host.registry.get(name)?.definition
  if (definition?.kind === 'command' && definition.needsOwnTransaction !== undefined)
    throw ruleViolated(`${name} can not be part of your transaction: ${definition.needsOwnTransaction}. Call it on the engine itself.`, {
      name,
    })
  try {
    const source = { db: session.db, clock: host.clock, random: host.random }
    const { output, events } = await inSavepoint(source, async (tx) => {
      await checkTransaction(session, tx)
      const recorded: AnyEvent[] = []
      const bus = { ...host.bus, publish: (published: readonly AnyEvent[]) => void recorded.push(...published) }
      // A batch is a transaction of its own; here every call goes the ordinary way. And no provider is asked while it is open.
      const joined: Host = { ...host, db: tx, bus, batcher: async () => null, embedder: null }
      return { output: await execute(joined, name, request), events: recorded }
    })
    session.events.push(...events)
    return output
  } catch (error) {
    throw explainJoinError(error)
  }
}

/** A connection that went back to its pool may be in somebody else's transaction by now. */
async function checkTransaction(session: Session, tx: Kysely<Database>): Promise<void> {
  const transaction = await recognize(tx, session.place)
  session.transaction ??= transaction
  if (transaction !== session.transaction) throw transactionOver()
}

async function publishCommitted(host: Host, session: Session): Promise<void> {
  session.isOver = true
  // The look may wait for a connection, and the host may hold the last one of a pool that it shares with Engine.
  const waited = new AbortController()
  await Promise.race([publish(host, session), host.clock.sleep(patienceMs, waited.signal)])
  waited.abort()
}

async function publish(host: Host, session: Session): Promise<void> {
  const waiting = session.events
  session.events = []
  try {
    const committed = new Set(await eventsPresent(host.db, waiting))
    session.events.push(...waiting.filter((event) => !committed.has(event)))
    host.bus.publish([...committed])
  } catch {
    // The work is in the database whatever became of this message; the loops find it.
  }
}
