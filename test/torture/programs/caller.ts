// Makes one call with an idempotency key; dies in it when ENGINE_CRASH_AT says so.
import { createEngine } from '@engine/core'
import { crashFromEnvironment, memoryBlobs, scriptedAdapter, scriptedDestination, scriptedPlugins } from '@engine/testing'

import type { Call } from '../support/commands/call.ts'
import { storageAt, type Place } from '../support/place.ts'
import { hangUp, planOf, tell } from '../support/program.ts'
import { sharedSecrets } from '../support/commands/secrets.ts'

export interface CallerPlan {
  readonly place: Place
  readonly call: Call
  readonly idempotencyKey: string
}

const { place, call, idempotencyKey } = planOf<CallerPlan>()
const probe = crashFromEnvironment()
const engine = await createEngine({
  storage: storageAt(place),
  adapters: [scriptedAdapter()],
  blobs: memoryBlobs(),
  secrets: sharedSecrets(),
  destinations: [scriptedDestination()],
  plugins: scriptedPlugins(),
  ...(probe && { probe }),
})
await engine.execute(call.operation, { input: call.input, actor: call.actor, idempotencyKey })
tell({ kind: 'answered' })
await engine.stop()
hangUp()
