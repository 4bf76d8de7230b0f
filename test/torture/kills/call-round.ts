// A process dies at a named step of one call: before its commit nothing happened, after it everything did, and the repeat says so.
import { randomUUID } from 'node:crypto'

import type { Engine } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { parseCrashPoint } from '@engine/testing'

import type { Round, Scene } from '../loop.ts'
import type { CallerPlan } from '../programs/caller.ts'
import { slowClock, type Call } from '../support/commands/call.ts'
import { prepareCall } from '../support/every-command.ts'
import { brokenInvariants } from '../support/invariants.ts'
import { differences, dumpAt, leavePlace, newPlace, type Place } from '../support/place.ts'
import { startProgram } from '../support/program.ts'
import { openWholeEngine } from '../support/whole-engine.ts'

const callerFile = new URL('../programs/caller.ts', import.meta.url)

export async function killCaller(scene: Scene, round: Round, point: string): Promise<void> {
  const place = await newPlace(scene)
  const open = (leaseMs: number, clock = systemClock) => openWholeEngine(place, { clock, checksOutputs: true, settings: { leaseMs } })
  const engine = await open(60_000)
  const hasty = await open(1, slowClock)
  try {
    const operation = parseCrashPoint(point).step.split('.').slice(0, 2).join('.')
    const call = await prepareCall(operation, { engine, hasty })
    await dieAndRepeat({ place, engine, call }, round, point)
    for (const sentence of await brokenInvariants(place)) round.violation(`After a death at ${point}: ${sentence}`)
  } finally {
    await engine.stop()
    await hasty.stop()
    await leavePlace(place)
  }
}

interface Theatre {
  readonly place: Place
  readonly engine: Engine
  readonly call: Call
}

async function dieAndRepeat({ place, engine, call }: Theatre, round: Round, point: string): Promise<void> {
  const idempotencyKey = randomUUID()
  const before = await dumpAt(place)
  const caller = startProgram(callerFile, { plan: { place, call, idempotencyKey } satisfies CallerPlan, env: { ENGINE_CRASH_AT: point } })
  const exit = await caller.exited
  if (exit.signal !== 'SIGKILL')
    return round.violation(`${call.operation} never came to ${point}; it ended with ${exit.code}: ${caller.output()}`)
  round.count('kills')
  round.reached(point)
  const isCommitted = point.endsWith('.committed')
  const happened = differences(before, await dumpAt(place))
  if (isCommitted && happened.length === 0) round.violation(`A death at ${point} lost what was committed`)
  if (!isCommitted && happened.length > 0) round.violation(`A death at ${point} left ${happened.slice(0, 3).join('; ')}`)
  const repeat = () => engine.execute(call.operation, { input: call.input, actor: call.actor, idempotencyKey })
  const answer = JSON.stringify(await repeat())
  round.count('calls repeated after a death')
  const repeated = await dumpAt(place)
  if (differences(before, repeated).length === 0) round.violation(`${call.operation}, repeated after a death at ${point}, had no effect`)
  if (isCommitted && differences(before, repeated).length !== happened.length)
    round.violation(`${call.operation}, repeated after a death at ${point}, had two effects`)
  if (JSON.stringify(await repeat()) !== answer)
    round.violation(`${call.operation}, repeated after a death at ${point}, was answered in two ways`)
  const changed = differences(repeated, await dumpAt(place))
  if (changed.length > 0)
    round.violation(`${call.operation}, repeated twice after a death at ${point}, changed ${changed.slice(0, 3).join('; ')}`)
}
