// A process whose runs hold, pay and give back from the same budgets as those of others, until nothing is free or it dies.
import { createEngine, EngineError, type RunActor } from '@engine/core'
import { crashFromEnvironment, createRandom, scriptedAdapter } from '@engine/testing'

import { storageAt, type Place } from '../support/place.ts'
import { planOf, tell } from '../support/program.ts'

export interface SpenderPlan {
  readonly place: Place
  readonly seed: number
  /** Of runs that the process speaks for, all at the same time. */
  readonly credentials: readonly string[]
}

/** What was answered; what was asked last may have happened without. */
export interface Spent {
  readonly kind: 'spent'
  readonly paid: number
  readonly refused: number
  readonly unexpected: readonly string[]
}

/** After so many refusals in a row, about nothing is free. */
const enoughRefusals = 5
const mostCalls = 150

const { place, seed, credentials } = planOf<SpenderPlan>()
const probe = crashFromEnvironment()
const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()], ...(probe && { probe }) })
tell({ kind: 'ready' })
await Promise.all(credentials.map((credential, index) => spend(credential, seed + index)))
tell({ kind: 'done' })

async function spend(credential: string, laneSeed: number): Promise<void> {
  const run = await engine.authenticate(credential)
  if (run?.kind !== 'run') throw new Error('the credential is not that of a run')
  const random = createRandom(laneSeed)
  let refusals = 0
  for (let calls = 0; calls < mostCalls && refusals < enoughRefusals; calls += 1) {
    const spent = await callOnce(run, 1 + random.int(10), random.int(4) === 0).catch(explained)
    if (spent === null) return
    refusals = spent.refused > 0 ? refusals + 1 : 0
    tell<Spent>({ kind: 'spent', unexpected: [], ...spent })
  }
}

/** One call of a model, which gives up, or uses at most what was held for it. */
async function callOnce(run: RunActor, amount: number, givesUp: boolean) {
  const api = engine.as(run)
  const { holdId } = await api.budgets.reserve({ runId: run.id, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: amount })
  if (holdId === null) throw new Error('nothing was held under a hard budget')
  if (givesUp) {
    await api.budgets.release({ runId: run.id, holdId })
    return { paid: 0, refused: 0 }
  }
  const outputTokens = Math.ceil(amount / 2)
  await api.costs.settle({ runId: run.id, holdId, usage: { outputTokens } })
  return { paid: outputTokens, refused: 0 }
}

/** Null when its run is over: a limit was reached. */
function explained(error: unknown): Omit<Spent, 'kind' | 'unexpected'> | null {
  if (EngineError.isInstance(error) && error.code === 'budget_exceeded') return { paid: 0, refused: 1 }
  if (EngineError.isInstance(error) && error.code === 'lease_lost') return null
  tell<Spent>({ kind: 'spent', paid: 0, refused: 0, unexpected: [String(error)] })
  return null
}
