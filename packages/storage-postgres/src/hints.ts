import { createHash, randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import pg, { type Client } from 'pg'

import type { StorageHints } from '@engine/core/plugin'

import type { PoolSource } from './pool.ts'

/** At most one notification in this time, milliseconds: each takes a lock that all commits of the server wait for. */
const coalesceMs = 5
/** How long it counts, milliseconds, that nobody listened. Whoever listens since hears by then what was not told meanwhile. */
const unheardMs = 250
/** Beyond this many companies in one notification it says "anything may have changed". */
const mostNamed = 100
/** How often a silent listening connection is asked whether it still lives, milliseconds. */
const aliveEveryMs = 30_000
const reconnectFromMs = 100
const reconnectToMs = 5_000

export interface HintOptions {
  readonly channel: string
  /** Where to listen; null when there is no connection that a session may be kept on. */
  readonly listenUrl: string | null
  /** Whether that leads to the server itself, also when the other connections go through a pooler. */
  readonly listensDirectly: boolean
}

/** Hints between the processes of one database by LISTEN and NOTIFY. A lost one costs the wait for the next poll. */
export function postgresHints(source: PoolSource, options: HintOptions): StorageHints {
  const mark: Mark = { channel: options.channel, origin: randomInt(2 ** 31) }
  return {
    notify: createNotifier(source, mark),
    async listen(onHint) {
      const { listenUrl, listensDirectly } = options
      if (listenUrl === null || (source.isPooled && !listensDirectly)) return async () => undefined
      return keepListening({ url: listenUrl, mark, hear: (payload) => hear(payload, { origin: mark.origin, onHint }) })
    },
  }
}

/** Where a process tells and hears, and its number there. */
interface Mark {
  readonly channel: string
  readonly origin: number
}

/**
 * Who listens holds a lock of this number and its own, which ends with its connection, so that others can see whether there is somebody.
 * 32 bits, the upper half of which no other lock of ours has.
 */
function listenersOf(channel: string): number {
  return (0x4e4c << 16) | createHash('sha256').update(channel).digest().readUInt16BE()
}

/**
 * Tells others, if there are any: a notification is a transaction that writes to the log of the server. Nobody waits until that is on disk, since
 * after a crash of the server nobody is left who listened.
 */
const tellListeners = `select pg_notify($1, $2), set_config('synchronous_commit', 'off', true) where exists (select from pg_locks
  where locktype = 'advisory' and objsubid = 2 and classid = $3 and objid <> $4
    and database = (select oid from pg_database where datname = current_database()))`

function createNotifier(source: PoolSource, { channel, origin }: Mark): (companyId: string) => void {
  const waiting = new Set<string>()
  const name = 'engine_tell_listeners'
  let isScheduled = false
  /** When it was last seen that nobody listens. */
  let unheardAtMs = -Infinity

  async function send(): Promise<void> {
    const named = waiting.size > mostNamed ? [] : [...waiting]
    waiting.clear()
    const values = [channel, `${origin} ${named.join(',')}`, listenersOf(channel), origin]
    const query = { text: tellListeners, values, ...(source.prepares && { name }) }
    const { rowCount } = await source.use((client) => client.query(query))
    unheardAtMs = rowCount === 0 ? performance.now() : -Infinity
  }

  async function sendSoon(): Promise<void> {
    await delay(Math.max(coalesceMs, unheardAtMs + unheardMs - performance.now()), undefined, { ref: false })
    isScheduled = false
    // Hints only: whoever misses one polls.
    await send().catch(() => undefined)
  }

  return (companyId) => {
    if (waiting.size <= mostNamed) waiting.add(companyId)
    if (isScheduled) return
    isScheduled = true
    void sendSoon()
  }
}

function hear(payload: string, given: { origin: number; onHint: (companyId: string | null) => void }): void {
  const [origin, names = ''] = payload.split(' ')
  if (Number(origin) === given.origin) return
  if (names === '') given.onHint(null)
  else for (const companyId of names.split(',')) given.onHint(companyId)
}

interface Listening {
  readonly url: string
  readonly mark: Mark
  /** Told each payload, and an empty one after a reconnect, when something may have been missed. */
  readonly hear: (payload: string) => void
}

/** Listens until told to stop: a lost connection is made again, with growing waits. */
async function keepListening(listening: Listening): Promise<() => Promise<void>> {
  const stopping = new AbortController()
  const first = await connect(listening)
  const loop = follow(first, listening, stopping.signal)
  return async () => {
    stopping.abort()
    await loop
  }
}

async function follow(first: Client, listening: Listening, stop: AbortSignal): Promise<void> {
  for (let client: Client | null = first; client; client = await reconnect(listening, stop)) {
    await lostOrStopped(client, stop)
    await client.end().catch(() => undefined)
  }
}

async function reconnect(listening: Listening, stop: AbortSignal): Promise<Client | null> {
  for (let waitMs = reconnectFromMs; !stop.aborted; waitMs = Math.min(waitMs * 2, reconnectToMs)) {
    try {
      const client = await connect(listening)
      listening.hear('')
      return client
    } catch {
      await delay(waitMs, undefined, { signal: stop, ref: false }).catch(() => undefined)
    }
  }
  return null
}

async function connect({ url, mark: { channel, origin }, hear: onPayload }: Listening): Promise<Client> {
  const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 10_000, query_timeout: 10_000 })
  client.on('error', () => undefined)
  client.on('notification', (message) => {
    if (message.channel === channel) onPayload(message.payload ?? '')
  })
  try {
    await client.connect()
    await client.query('select pg_advisory_lock_shared($1, $2)', [listenersOf(channel), origin])
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

/** Resolves when the connection is gone, does not answer any more, or nobody wants to listen. */
async function lostOrStopped(client: Client, stop: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const end = () => ended.abort()
  client.once('end', end)
  client.once('error', end)
  const until = AbortSignal.any([ended.signal, stop])
  while (!until.aborted) {
    await delay(aliveEveryMs, undefined, { signal: until, ref: false }).catch(() => undefined)
    if (until.aborted) return
    await client.query('select 1').catch(end)
  }
}
