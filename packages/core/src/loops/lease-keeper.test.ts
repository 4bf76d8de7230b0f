import { expect, it, onTestFinished } from 'vitest'

import { systemClock } from '../ports/clock.ts'
import { silentLogger } from '../ports/logger.ts'
import type { RunActor } from '../kernel/actor.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import type { LeaseAccess } from './lease-renewals.ts'

const id = '01a2098d-ffea-71e8-8007-636710c1a145'
const run: RunActor = { kind: 'run', id, companyId: id, agentId: id, taskId: id, fence: 1 }

it('leaves leases to the event loop where no thread may be started, and says so once', async () => {
  const warned: unknown[] = []
  const logger = { ...silentLogger, warn: (message: string, facts?: object) => void warned.push([message, facts]) }
  // What no thread can be given is refused as a process is that may have none: before there is a thread.
  const thread = { module: 'data:text/javascript,', target: () => undefined }
  const access: LeaseAccess = { kind: 'database', thread, family: 'sqlite', texts: { renew: '', held: '' } }
  const settings = { leaseMs: 1_000, maxBlockedMs: 1_000 }
  const keeper = createLeaseKeeper({ clock: systemClock, settings }, access, logger)
  onTestFinished(() => keeper.stop())
  keeper.hold(run)
  keeper.hold(run)
  expect(keeper.renewedAt(run)).toBeNull()
  keeper.drop(run)
  expect(warned).toEqual([
    ['leases are renewed on the event loop only: there is no thread for it', { error: expect.stringContaining('could not be cloned') }],
  ])
})
