import pg, { type Pool, type PoolClient, type PoolConfig } from 'pg'

import { askAnyClient, askOurClient, type AskByName } from './named-query.ts'

/** Connections of one engine. */
export interface PoolSource {
  open(): Promise<void>
  acquire(): Promise<PoolClient>
  /** Runs work with a client, whose breaking meanwhile is an error of the work and not of the process. */
  use<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result>
  close(): Promise<void>
  /** Whether statements may be prepared: they stay with a server connection, which a transaction pooler hands to others. */
  readonly prepares: boolean
  /** How its clients are asked for statements that are prepared. */
  readonly askByName: AskByName
  /** Whether a pooler stands between us and the server, so that nothing may be kept in a session. */
  readonly isPooled: boolean
}

/** How long a connection may take, milliseconds; a server that is gone must be an answer, not a silence. */
const connectTimeoutMs = 10_000

/** How long a connection waits for work, milliseconds: a new one has every statement to prepare and to plan anew. */
const idleTimeoutMs = 300_000
/** How often a connection that waits shows that it is there, milliseconds: networks forget those that are silent, and tell nobody. */
const signOfLifeMs = 30_000

export interface PoolOptions {
  /** The most connections that this engine opens. */
  readonly maxConnections: number
  readonly applicationName: string
}

/** A pool of our own for a URL, closed with the engine. */
export function ownPool(url: string, options: PoolOptions): PoolSource {
  const config: PoolConfig = {
    pipeline: true,
    connectionString: url,
    max: options.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    application_name: options.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: signOfLifeMs,
    allowExitOnIdle: true,
  }
  return poolSource(() => new pg.Pool(config), { closes: true, askByName: askOurClient })
}

/** The host's own pool: shared with it, and left open. */
export function givenPool(pool: Pool): PoolSource {
  return poolSource(() => pool, { closes: false, askByName: askAnyClient })
}

function poolSource(create: () => Pool, { closes, askByName }: { closes: boolean; askByName: AskByName }): PoolSource {
  let pool: Pool | null = null
  let isPooled = false
  return {
    async open() {
      pool = create()
      // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
      pool.on('error', ignore)
      try {
        isPooled = await useClient(acquire, standsBehindPooler)
      } catch (error) {
        await close()
        throw error
      }
    },
    acquire,
    use: (work) => useClient(acquire, work),
    close,
    askByName,
    get prepares() {
      return !isPooled
    },
    get isPooled() {
      return isPooled
    },
  }

  async function acquire(): Promise<PoolClient> {
    if (!pool) throw Object.assign(new Error('the database is closed'), { code: '08003' })
    return pool.connect()
  }

  async function close(): Promise<void> {
    const open = pool
    pool = null
    // While it ends, its connections can still break; the host's own pool goes on without us.
    if (closes) await open?.end()
    else open?.off('error', ignore)
  }
}

function ignore(): void {}

/**
 * Looks at the server through a new connection. A server tells each new connection the process id that serves it; a pooler tells an id of its own, since the server
 * process changes from one transaction to the next.
 */
async function standsBehindPooler(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<Server>(`select pg_backend_pid() as pid, current_setting('synchronous_commit') as commits`)
  const [server] = rows
  if (server?.commits === 'off') throw new Error(asynchronousCommit)
  // node-postgres keeps the id of the handshake in a field that its types leave out.
  return Reflect.get(client, 'processID') !== server?.pid
}

interface Server {
  readonly pid: number
  readonly commits: string
}

const asynchronousCommit =
  'its synchronous_commit is off, so a crash could lose what Engine has acknowledged. Turn it on: alter database … set synchronous_commit = on'

async function useClient<Result>(acquire: () => Promise<PoolClient>, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await acquire()
  let failure: Error | undefined
  const note = (error: Error) => void (failure ??= error)
  // A pool listens to idle clients only.
  client.on('error', note)
  try {
    return await work(client)
  } finally {
    client.off('error', note)
    client.release(failure)
  }
}
