import pg, { type Pool, type PoolClient, type PoolConfig } from 'pg'

/** Connections of one engine. */
export interface PoolSource {
  open(): Promise<void>
  acquire(): Promise<PoolClient>
  close(): Promise<void>
  /** Whether statements may be prepared: they stay with a server connection, which a transaction pooler hands to others. */
  readonly prepares: boolean
  /** Whether a pooler stands between us and the server, so that nothing may be kept in a session. */
  readonly isPooled: boolean
}

/** How long a connection may take, milliseconds; a server that is gone must be an answer, not a silence. */
const connectTimeoutMs = 10_000

export interface PoolOptions {
  /** The most connections that this engine opens. */
  readonly maxConnections: number
  readonly applicationName: string
}

/** A pool of our own for a URL, closed with the engine. */
export function ownPool(url: string, options: PoolOptions): PoolSource {
  const config: PoolConfig = {
    connectionString: url,
    max: options.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: options.applicationName,
    keepAlive: true,
    allowExitOnIdle: true,
  }
  return poolSource(() => new pg.Pool(config), { closes: true })
}

/** The host's own pool: shared with it, and left open. */
export function givenPool(pool: Pool): PoolSource {
  return poolSource(() => pool, { closes: false })
}

function poolSource(create: () => Pool, { closes }: { closes: boolean }): PoolSource {
  let pool: Pool | null = null
  let isPooled = false
  return {
    async open() {
      pool = create()
      // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
      pool.on('error', ignore)
      try {
        isPooled = await standsBehindPooler(pool)
      } catch (error) {
        await close()
        throw error
      }
    },
    acquire() {
      if (!pool) throw Object.assign(new Error('the database is closed'), { code: '08003' })
      return pool.connect()
    },
    close,
    get prepares() {
      return !isPooled
    },
    get isPooled() {
      return isPooled
    },
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
 * A server tells each new connection the process id that serves it; a pooler tells an id of its own, since the server
 * process changes from one transaction to the next.
 */
async function standsBehindPooler(pool: Pool): Promise<boolean> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    // node-postgres keeps the id of the handshake in a field that its types leave out.
    return Reflect.get(client, 'processID') !== rows[0]?.pid
  } finally {
    client.release()
  }
}
