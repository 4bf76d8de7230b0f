// A worker in a process of its own: claims what is queued, works, completes. It may die at any moment: by ENGINE_CRASH_AT, or because
// it is killed; on SIGTERM it stops in good order.
import { processAdapter } from '@engine/adapters/process'
import { createEngine } from '@engine/core'
import { systemClock, type AdapterEvent, type AdapterTurn, type Clock, type RunOutcome } from '@engine/core/plugin'
import { crashFromEnvironment, createRandom, scriptedAdapter } from '@engine/testing'

import { refusalOf } from '../support/company.ts'
import { hangUp, onMessage, planOf, tell } from '../support/program.ts'
import { storageAt } from '../support/place.ts'
import { workingScript } from '../support/work.ts'
import type { Answered, SkewedClock, Started, Stopped, WorkerPlan } from '../support/worker-plan.ts'

const plan = planOf<WorkerPlan>()
const random = createRandom(plan.seed)
const going = Promise.withResolvers<void>()
onMessage((message) => message.kind === 'go' && going.resolve())

const adapter = scriptedAdapter()
adapter.script = plan.isZombie ? haunt : workingScript({ ...plan, random })
const probe = crashFromEnvironment()
const engine = await createEngine({
  storage: storageAt(plan.place),
  adapters: [adapter, processAdapter({ programs: 'any' })],
  settings: plan.settings,
  ...(plan.clock && { clock: skewed(plan.clock) }),
  ...(probe && { probe }),
})
process.on('SIGTERM', () => {
  void engine.stop().then(() => {
    tell({ kind: 'stopped' } satisfies Stopped)
    hangUp()
  })
})
engine.on('run.started', ({ entity, data }) => tell({ kind: 'started', runId: entity.id, taskId: data.taskId } satisfies Started))
await engine.start()
tell({ kind: 'ready' })

/** Writes everything that an adapter can, long after it should have stopped. */
async function haunt(turn: AdapterTurn): Promise<RunOutcome> {
  tell({ kind: 'haunting' })
  await going.promise
  const events: AdapterEvent[] = [
    { type: 'log', stream: 'stdout', text: 'late' },
    { type: 'progress', percent: 99 },
    { type: 'comment', body: 'late' },
    { type: 'deliverable', title: 'Late', content: 'late' },
  ]
  const codes: Record<string, string | null> = {}
  for (const event of events) codes[event.type] = await refusalOf(turn.emit(event))
  tell({ kind: 'answered', codes } satisfies Answered)
  return { kind: 'done' }
}

/** A wall clock that is wrong; the monotonic one is right, as on a real machine. */
function skewed({ aheadMs, jumpEveryMs }: SkewedClock): Clock {
  let ahead = aheadMs
  let jumpedAt = systemClock.monotonicMs()
  return {
    ...systemClock,
    now() {
      if (jumpEveryMs > 0 && systemClock.monotonicMs() - jumpedAt > jumpEveryMs) {
        jumpedAt = systemClock.monotonicMs()
        ahead = Math.round((random.next() * 2 - 1) * Math.abs(aheadMs))
      }
      return systemClock.now() + ahead
    },
  }
}
