// A process that sends what is due, until it dies: by ENGINE_CRASH_AT, or because it is killed.
import { createEngine } from '@engine/core'
import { crashFromEnvironment } from '@engine/testing'

import { posting } from '../../support/deliverer.ts'
import { storageAt, type Place } from '../support/place.ts'
import { planOf, tell } from '../support/program.ts'

export interface DelivererPlan {
  readonly place: Place
}

const { place } = planOf<DelivererPlan>()
const probe = crashFromEnvironment()
const engine = await createEngine({
  storage: storageAt(place),
  destinations: [posting],
  // Leases are long enough for an answer of the receiver, and short enough that what a dead process had is soon taken over.
  settings: { pollMs: 25, sweepMs: 3_600_000, sealMs: 3_600_000, deliveryTimeoutMs: 300, deliveryLeaseMs: 600, deliveriesPerRoute: 8 },
  ...(probe && { probe }),
})
await engine.start()
tell({ kind: 'ready' })
