// A process that sends what is due, until it dies: by ENGINE_CRASH_AT, or because it is killed.
import { createEngine } from '@engine/core'
import { crashFromEnvironment } from '@engine/testing'

import { outlets } from '../support/outlets.ts'
import { storageAt, type Place } from '../support/place.ts'
import { planOf, tell } from '../support/program.ts'

export interface DelivererPlan {
  readonly place: Place
  /** Where its receivers are, as `host:port`. */
  readonly allow: readonly string[]
}

const { place, allow } = planOf<DelivererPlan>()
const probe = crashFromEnvironment()
const engine = await createEngine({
  storage: storageAt(place),
  ...outlets(allow),
  // A receiver has time for its answer also where all processors are busy, or the senders would do nothing but send again; and what a dead
  // process had is soon taken over.
  settings: { pollMs: 25, sweepMs: 3_600_000, sealMs: 3_600_000, deliveryTimeoutMs: 2_500, deliveryLeaseMs: 5_000, deliveriesPerRoute: 24 },
  ...(probe && { probe }),
})
await engine.start()
tell({ kind: 'ready' })
