import type { Worker } from './schema.ts'

export interface WorkerTable {
  id: string
  name: string
  host: string
  pid: number
  engine_version: string
  adapters: string
  capacity: number
  /** What it is told to be; that it is lost is told by `seen_at`. */
  status: 'active' | 'draining' | 'stopped'
  /** Who gave it this status: a person, or the worker itself. */
  changed_by: string
  changed_at: string
  started_at: string
  seen_at: string
  /** The key that it registered with, for a node; null for a process that has the database. */
  node_key_id: string | null
  /** SHA-256 of what a node comes with. */
  token_hash: string | null
  token_expires_at: string | null
}

/** A worker's row with what only the database can tell: whether it is silent by the database's clock, and its leases. */
export interface SeenWorker extends WorkerTable {
  is_silent: number | boolean
  live_runs: number
}

export function toWorker(row: SeenWorker): Worker {
  return {
    id: row.id,
    name: row.name,
    host: row.host,
    pid: row.pid,
    engineVersion: row.engine_version,
    adapters: JSON.parse(row.adapters),
    capacity: row.capacity,
    liveRuns: row.live_runs,
    status: row.is_silent && row.status !== 'stopped' ? 'lost' : row.status,
    changedBy: row.changed_by,
    changedAt: row.changed_at,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    nodeKeyId: row.node_key_id,
  }
}
