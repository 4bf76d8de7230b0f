import type { Engine } from '@engine/core'

import type { HeldTask } from '../company.ts'
import type { InputOfRun, Prepare, Scene } from './call.ts'

/** Limits, and what comes of reaching one. */
export const budgetInputs: Readonly<Record<string, Prepare>> = {
  'budgets.set': async ({ companyId }) => ({ companyId, scope: 'company', limit: 1_000 }),
  'budgets.raise': async (scene) => ({ budgetId: await newBudget(scene, 1_000), limit: 2_000 }),
  'budgets.remove': async (scene) => ({ budgetId: await newBudget(scene, 1_000) }),
  'budgets.resolveIncident': async (scene) => {
    await newBudget(scene, 0)
    const [incident] = (await scene.engine.budgets.incidents({ companyId: scene.companyId })).items
    return { incidentId: incident?.id, action: 'keep_paused' }
  },
  'budgets.endPeriods': async (scene) => ({ companyId: scene.companyId, budgetIds: [await newBudget(scene, 1_000)] }),
}

async function newBudget({ engine, companyId }: Scene, limit: number): Promise<string> {
  return (await engine.budgets.set({ companyId, scope: 'company', limit })).id
}

/** What a run may spend. */
export const budgetInputsOfRun: Readonly<Record<string, InputOfRun>> = {
  'budgets.reserve': async (held, engine) => {
    await engine.budgets.set({ companyId: held.actor.companyId, scope: 'company', metric: 'tokens', limit: 1_000_000 })
    return callOf(held.runId)
  },
  'budgets.release': async (held, engine) => ({ runId: held.runId, holdId: held.holdId ?? (await holdAside(engine, held)) }),
  'costs.settle': ({ runId }) => ({ runId, usage: { costMicros: 5 } }),
}

/** A call of a run for which tokens are held. */
export async function holdAside(engine: Engine, { actor, runId }: Pick<HeldTask, 'actor' | 'runId'>): Promise<string> {
  await engine.budgets.set({ companyId: actor.companyId, scope: 'company', metric: 'tokens', limit: 1_000_000 })
  const { holdId } = await engine.as(actor).budgets.reserve(callOf(runId))
  return holdId ?? ''
}

function callOf(runId: string) {
  return { runId, provider: 'any', model: 'any', inputTokens: 1, maxOutputTokens: 1 }
}
