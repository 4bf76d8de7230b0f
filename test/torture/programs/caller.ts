// Makes one call with an idempotency key; dies in it when ENGINE_CRASH_AT says so.
import { crashFromEnvironment } from '@engine/testing'

import type { Call } from '../support/commands/call.ts'
import type { Place } from '../support/place.ts'
import { hangUp, planOf, tell } from '../support/program.ts'
import { openWholeEngine } from '../support/whole-engine.ts'

export interface CallerPlan {
  readonly place: Place
  readonly call: Call
  readonly idempotencyKey: string
}

const { place, call, idempotencyKey } = planOf<CallerPlan>()
const probe = crashFromEnvironment()
const engine = await openWholeEngine(place, { ...(probe && { probe }) })
await engine.execute(call.operation, { input: call.input, actor: call.actor, idempotencyKey })
tell({ kind: 'answered' })
await engine.stop()
hangUp()
