// A thread of its own, which renews leases also while somebody's code keeps the event loop of the process from turning.
import { workerData } from 'node:worker_threads'

import { createLoop } from '../kernel/loop.ts'
import { processMs, systemClock } from '../ports/clock.ts'
import { silentLogger } from '../ports/logger.ts'
import type { KeeperData, Renewed, ToThread } from './lease-keeper.ts'
import { leaseName, type KeptLease } from './lease-name.ts'
import { openRenewals, type Renewals } from './lease-renewals.ts'

// What lease-keeper.ts starts this thread with.
const { port, access, leaseMs, maxBlockedMs } = workerData as KeeperData

/** The leases that are kept, by their names. */
const held = new Map<string, KeptLease>()
let heardAt = processMs()
let renewals: Renewals | null = null

async function pass(): Promise<boolean> {
  // Whoever blocks for longer does not work, it hangs: its leases run out.
  if (held.size === 0 || processMs() - heardAt > maxBlockedMs) return false
  try {
    renewals ??= openRenewals(access, leaseMs)
    const askedAt = processMs()
    const { renewed, lost } = await renewals.renew([...held.values()])
    for (const lease of lost) held.delete(leaseName(lease))
    port.postMessage({ askedAt, renewed, lost } satisfies Renewed)
  } catch {
    // The next pass tries a new connection; meanwhile the process renews by itself, if it can.
    void renewals?.close().catch(() => undefined)
    renewals = null
  }
  return false
}

const loop = createLoop({ name: 'lease thread', pass, pollMs: leaseMs / 3, clock: systemClock, vitals: null, logger: silentLogger })

async function stop(): Promise<void> {
  await loop.stop()
  await renewals?.close()
  port.close()
}

port.on('message', (messages: readonly ToThread[]) => {
  heardAt = processMs()
  for (const message of messages) heed(message)
})

function heed(message: ToThread): void {
  if (message.kind === 'hold') held.set(leaseName(message), message)
  if (message.kind === 'drop') held.delete(leaseName(message))
  if (message.kind === 'stop') void stop()
}
loop.start()
