// A process through which several people decide at once, until it dies: by ENGINE_CRASH_AT, or because it is killed.
import { createEngine } from '@engine/core'
import { crashFromEnvironment, scriptedAdapter, scriptedDestination } from '@engine/testing'

import { decide } from '../decisions/decide.ts'
import type { Decide, DeciderPlan } from '../support/decision.ts'
import { storageAt } from '../support/place.ts'
import { onMessage, planOf, tell } from '../support/program.ts'

const { place } = planOf<DeciderPlan>()
const probe = crashFromEnvironment()
const engine = await createEngine({
  storage: storageAt(place),
  adapters: [scriptedAdapter()],
  destinations: [scriptedDestination()],
  ...(probe && { probe }),
})
onMessage<Decide>(({ calls, as }) => {
  for (const call of calls) void decide(engine, call, as).then(tell)
})
tell({ kind: 'ready' })
