import type { Pool } from 'pg'

import { STORAGE_SPEC, type Storage } from '@engine/core/plugin'

import { postgresDialect } from './dialect.ts'
import { PostgresDriver } from './driver.ts'
import { postgresHints } from './hints.ts'
import { adoptClient } from './joined.ts'
import { givenPool, ownPool, type PoolSource } from './pool.ts'

const threadModule = new URL(import.meta.url.endsWith('.ts') ? './connection-thread.ts' : './connection-thread.js', import.meta.url).href

/** A `Pool` of node-postgres. Described here by what it is known by, so that using this package needs no types of pg. */
export interface PostgresPool {
  connect(): Promise<object>
  readonly totalCount: number
}

export interface PostgresOptions {
  /** The schema of Engine's tables, which may lie beside yours in one database. */
  readonly schema?: string | undefined
  /** The most connections of this process; only for a URL. */
  readonly maxConnections?: number | undefined
  /**
   * A URL for LISTEN that leads to the server itself. Needed only behind a transaction pooler, and when a pool was given;
   * without it other processes' work is noticed by polling.
   */
  readonly listenUrl?: string | undefined
}

/**
 * A Postgres server as Engine's storage, shared by as many processes as you like. Takes a URL, or your own `pg` pool.
 * All tables live in one schema. Works through a transaction pooler: nothing is kept in a session.
 */
export function postgres(target: string | PostgresPool, options: PostgresOptions = {}): Storage {
  const { schema = 'engine', maxConnections = 10 } = options
  const url = typeof target === 'string' ? checkUrl(target) : null
  const listenUrl = options.listenUrl ?? (url ? url.href : null)
  return {
    spec: STORAGE_SPEC,
    id: url ? describe(url) : 'postgres:given pool',
    family: 'postgres',
    schema,
    open() {
      const source =
        typeof target === 'string'
          ? ownPool(target, { maxConnections, applicationName: `engine ${process.pid}` })
          : givenPool(poolOf(target))
      const listensDirectly = options.listenUrl !== undefined
      const hints = postgresHints(source, { channel: `engine ${schema}`, listenUrl, listensDirectly })
      return {
        dialect: postgresDialect(() => new PostgresDriver(explained(source, url))),
        hints,
        // A pool that was given can not be taken to another thread.
        ...(typeof target === 'string' && { thread: { module: threadModule, target } }),
      }
    },
    adopt: adoptClient,
  }
}

function poolOf(target: PostgresPool): Pool {
  if ('on' in target && 'query' in target && 'idleCount' in target) return target as PostgresPool & Pool
  throw new Error('postgres() takes the URL of a database, or a Pool of node-postgres.')
}

function checkUrl(text: string): URL {
  const url = URL.parse(text)
  if (url && /^postgres(ql)?:$/.test(url.protocol)) return url
  // The text is not repeated: it can hold a password.
  throw new Error('This is no URL of a Postgres database; it should look like postgres://user:password@host:5432/database.')
}

/** The database's address without user and password. */
function describe(url: URL): string {
  return `postgres://${url.hostname}:${url.port || '5432'}${url.pathname}`
}

/** Says in one line why a database cannot be opened. */
function explained(source: PoolSource, url: URL | null): PoolSource {
  return {
    ...source,
    // Getters are not spread.
    get prepares() {
      return source.prepares
    },
    get isPooled() {
      return source.isPooled
    },
    async open() {
      try {
        await source.open()
      } catch (error) {
        throw new Error(`The database ${url ? describe(url) : 'of the given pool'} cannot be opened: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}

const cures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is the server running, and is the port right?',
  ENOTFOUND: 'the host name is not known. Is it spelled right?',
  '28P01': 'user or password is wrong.',
  '28000': 'this user may not log in there; see pg_hba.conf of the server.',
  '3D000': 'there is no such database on that server; create it, or correct the name.',
  '53300': 'the server has no connection left; raise max_connections or lower maxConnections.',
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const cure = cures[code]
  const message = error instanceof Error && error.message !== '' ? error.message : code
  return cure === undefined ? `${message}.` : cure
}
