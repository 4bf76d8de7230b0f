// A thread of its own, which renews leases also while somebody's code keeps the event loop of the process from turning.
import { workerData } from 'node:worker_threads'

import { createLoop } from '../kernel/loop.ts'
import { isoTime, processMs, systemClock } from '../ports/clock.ts'
import { silentLogger } from '../ports/logger.ts'
import type { ThreadConnect, ThreadConnection } from '../ports/storage.ts'
import type { KeeperData, Renewed, ToThread } from './lease-keeper.ts'
import { leaseName, type Lease } from './lease-name.ts'

// What lease-keeper.ts starts this thread with.
const { port, access, family, texts, leaseMs, maxBlockedMs } = workerData as KeeperData

/** The leases that are kept, by their names. */
const held = new Map<string, Lease>()
let heardAt = processMs()
let connection: ThreadConnection | null = null

async function connect(): Promise<ThreadConnection> {
  // The module that the storage names for this; see StorageSession.
  const { connect: open } = (await import(access.module)) as { connect: ThreadConnect }
  return open(access.target)
}

async function idsOf(query: { sql: string; parameters: readonly unknown[] }): Promise<ReadonlySet<string>> {
  connection ??= await connect()
  const rows = await connection.run(query)
  return new Set(rows.map((row) => String(Reflect.get(Object(row), 'run_id'))))
}

async function renew(): Promise<Renewed> {
  const leases = [...held.values()]
  const named = JSON.stringify(leases.map(({ runId, fence }) => ({ run_id: runId, fence })))
  const askedAt = processMs()
  const until = family === 'postgres' ? leaseMs : isoTime(Date.now() + leaseMs)
  const renewed = await idsOf({ sql: texts.renew, parameters: [until, named] })
  const missing = leases.filter(({ runId }) => !renewed.has(runId))
  const others = missing.length === 0 ? renewed : await idsOf({ sql: texts.held, parameters: [named] })
  const lost = missing.filter(({ runId }) => !others.has(runId))
  return { askedAt, renewed: leases.filter(({ runId }) => renewed.has(runId)), lost }
}

async function pass(): Promise<boolean> {
  // Whoever blocks for longer does not work, it hangs: its leases run out.
  if (held.size === 0 || processMs() - heardAt > maxBlockedMs) return false
  try {
    const answer = await renew()
    for (const lease of answer.lost) held.delete(leaseName(lease))
    port.postMessage(answer)
  } catch {
    // The next pass tries a new connection; meanwhile the process renews by itself, if it can.
    void connection?.close().catch(() => undefined)
    connection = null
  }
  return false
}

const loop = createLoop({ name: 'lease thread', pass, pollMs: leaseMs / 3, clock: systemClock, logger: silentLogger })

async function stop(): Promise<void> {
  await loop.stop()
  await connection?.close()
  port.close()
}

port.on('message', (message: ToThread) => {
  heardAt = processMs()
  if (message.kind === 'hold') held.set(leaseName(message), message)
  if (message.kind === 'drop') held.delete(leaseName(message))
  if (message.kind === 'stop') void stop()
})
loop.start()
