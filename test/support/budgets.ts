import { onTestFinished } from 'vitest'

import type { Api, Engine, RunActor, Storage, Violation } from '@engine/core'
import type { TestEngineOptions } from '@engine/testing'

import { createWorld, type World } from './engine.ts'

export { metered, priced, unpriced } from './metered.ts'

export const dollars = (amount: number): number => Math.round(amount * 1_000_000)

/** An engine whose agents ask before each call, and work by themselves. */
export async function createShop(options: Partial<TestEngineOptions> & { storage?: Storage } = {}): Promise<World> {
  const world = await createWorld({ agentMode: 'manual', ...options })
  onTestFinished(() => world.engine.stop())
  return world
}

export interface Worker {
  readonly taskId: string
  readonly run: RunActor
  readonly api: Api
}

/** A task that an agent has checked out, and what its run may call. */
export async function begin({ engine, companyId, agentId }: World, given: { agentId?: string; projectId?: string } = {}): Promise<Worker> {
  const { projectId } = given
  const task = await engine.tasks.create({ companyId, title: 'Work', ...(projectId !== undefined && { projectId }) })
  const { credential } = await engine.tasks.checkout({ taskId: task.id, agentId: given.agentId ?? agentId })
  const run = await engine.authenticate(credential ?? '')
  if (run?.kind !== 'run') throw new Error('the credential of the checkout is not that of a run')
  return { taskId: task.id, run, api: engine.as(run) }
}

/** Says that a run has spent so much. */
export async function spend({ api, run }: Worker, costMicros: number): Promise<void> {
  await api.costs.settle({ runId: run.id, usage: { costMicros } })
}

/** What of the database is not as it must be. */
export async function problemsOf(engine: Engine): Promise<Violation[]> {
  return (await engine.verify()).checks.flatMap(({ violations }) => violations)
}
