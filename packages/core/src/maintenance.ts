import { backUp } from './database/backup.ts'
import type { Engine } from './engine.ts'
import { explained } from './kernel/constraints.ts'
import type { Host } from './kernel/host.ts'
import { isoTime } from './ports/clock.ts'
import type { Storage, StorageSession } from './ports/storage.ts'
import { repair } from './verification/repair.ts'
import { verify } from './verification/verify.ts'

interface MaintenanceOptions {
  readonly storage: Storage
  readonly session: StorageSession
  /** Since when this engine takes back what ran out, on the monotonic clock; null before it was started. */
  sweepsSince(): number | null
}

/** What looks after the database as a whole. */
export function createMaintenance(host: Host, options: MaintenanceOptions): Pick<Engine, 'backup' | 'verify' | 'repair'> {
  const { storage, session } = options
  return {
    backup: (path) => explained(() => backUp(host.db, { storage, session, path })),
    repair: () => explained(() => repair(host)),
    verify: () =>
      explained(() =>
        verify({
          db: host.db,
          file: session.file ?? null,
          now: isoTime(host.clock.now()),
          overdueMs: overdueMs(host, options.sweepsSince()),
        }),
      ),
  }
}

/** How long an ended lease may lie there: long enough for several sweeps, once there were some. */
function overdueMs(host: Host, sweepsSince: number | null): number | null {
  const { leaseMs, sweepMs } = host.settings
  const patience = leaseMs + 2 * sweepMs
  return sweepsSince !== null && host.clock.monotonicMs() - sweepsSince > patience ? patience : null
}
