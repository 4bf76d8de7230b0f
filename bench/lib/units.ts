import { createEngine, type Engine } from '@engine/core'

import { benchAdapter } from './adapter.ts'
import { prepared } from './callers.ts'
import { deepCursor, listCases, rareCases } from './lists.ts'
import { recordStatements, type Recording, type Sent } from './record-statements.ts'
import type { CompanySeed } from './seed-company.ts'
import type { SeedTarget } from './seed-target.ts'

/** Loops that run when they are woken, and never because time has passed. */
export const unhurried = { pollMs: 3_600_000, sweepMs: 3_600_000, leaseMs: 3_600_000, sealMs: 3_600_000 }

/** What the engine sends for each of its hot units of work, on a company of the seed. */
export async function recordUnits(target: SeedTarget, seed: CompanySeed): Promise<Map<string, Sent>> {
  const recording = recordStatements(target.storage)
  const units = new Map<string, Sent>()
  const engine = await createEngine({ storage: recording.storage, settings: unhurried })
  await recordCalls(engine, { recording, seed, units })
  for (const list of listCases(seed)) {
    const cursor = await deepCursor(target, list, seed.companyId)
    units.set(`list of ${list.name}`, await recording.during(() => list.page(engine, { limit: 50 })))
    units.set(`list of ${list.name}, deep`, await recording.during(() => list.page(engine, { limit: 50, cursor })))
  }
  for (const list of rareCases(seed)) units.set(`list of ${list.name}`, await recording.during(() => list.page(engine, { limit: 50 })))
  // It knows no adapter, so it looks for no runs, only for lost ones.
  units.set('sweep', await recording.during(() => engine.start().then(() => engine.stop())))
  units.set('claim and run', await recordRuns(recording))
  return units
}

async function recordCalls(engine: Engine, given: { recording: Recording; seed: CompanySeed; units: Map<string, Sent> }): Promise<void> {
  const { recording, seed, units } = given
  const { companyId, smallCompanyId, freeTaskIds } = seed
  const agentId = prepared(seed.agentIds, 0)
  const record = async (name: string, work: () => Promise<unknown>) => void units.set(name, await recording.during(work))
  await record('dashboard of a small company', () => engine.companies.dashboard({ companyId: smallCompanyId }))
  await record('create', () => engine.tasks.create({ companyId, title: 'A task' }))
  await record('checkout', () => engine.tasks.checkout({ taskId: prepared(freeTaskIds, 0), agentId }))
  await record('next', () => engine.as({ kind: 'agent', id: agentId, companyId }).tasks.next())
  const { credential, run } = await engine.tasks.checkout({ taskId: prepared(freeTaskIds, 1), agentId })
  const actor = await engine.authenticate(credential ?? '')
  if (!actor) throw new Error('the engine does not know the credential that it gave')
  await record('heartbeat', () => engine.as(actor).runs.heartbeat({ runId: run.id }))
  await record('report', () => engine.as(actor).runs.report({ runId: run.id, outcome: { kind: 'done' } }))
}

/** A dispatcher at work: claims, runs and reports. */
async function recordRuns(recording: Recording): Promise<Sent> {
  const engine = await createEngine({ storage: recording.storage, adapters: [benchAdapter], settings: unhurried })
  const sent = await recording.during(async () => {
    await untilSucceeded(engine, { runs: 5, start: () => engine.start() })
    await engine.stop()
  })
  return sent
}

/** Resolves when so many runs have succeeded since, or, after `limitMs`, with the first. @returns how many have */
export async function untilSucceeded(
  engine: Engine,
  given: { runs: number; start?: () => Promise<void>; limitMs?: number },
): Promise<number> {
  const { runs, start, limitMs = Infinity } = given
  const enough = Promise.withResolvers<void>()
  const startedMs = performance.now()
  let succeeded = 0
  const forget = engine.on('run.succeeded', () => {
    succeeded += 1
    if (succeeded >= runs || performance.now() - startedMs > limitMs) enough.resolve()
  })
  await start?.()
  await enough.promise
  forget()
  return succeeded
}
