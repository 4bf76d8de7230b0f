import { afterAll, beforeAll, expect } from 'vitest'

import type { Api, Engine, RunActor, UserActor } from '@engine/core'

import { openTestEngine, type TestEngine, type TestEngineOptions } from '../test-engine.ts'
import { audit } from './audit.ts'
import type { Kit, StorageUnderTest } from './kit.ts'

/** One database and an engine on it, for all tests of a group. */
export interface World extends Pick<TestEngine, 'engine' | 'adapter' | 'watch'> {
  readonly under: StorageUnderTest
}

type Agent = Awaited<ReturnType<Engine['agents']['create']>>
type AgentInput = Parameters<Engine['agents']['create']>[0]
type TaskInput = Parameters<Engine['tasks']['create']>[0]
type Task = Awaited<ReturnType<Engine['tasks']['create']>>

/** A company of its own for one test, with an agent. */
export interface Company {
  readonly companyId: string
  readonly agentId: string
  hire(more?: Partial<AgentInput>): Promise<Agent>
  newTask(more?: Partial<TaskInput>): Promise<Task>
}

/** A task that is checked out, and the run that has it. */
export interface CheckedOut {
  readonly task: Task
  readonly runId: string
  readonly actor: RunActor
  /** The engine, as the run may use it. */
  readonly api: Api
}

export const board: UserActor = { kind: 'user', id: 'board', roles: { '*': 'owner' } }

/**
 * Opens one engine for all tests of a group, which are to use companies of their own. The group ends with a test of
 * everything that they left: owners, counts and logs must agree.
 */
export function openWorld(kit: Kit, options: Omit<TestEngineOptions, 'storage'> = {}): () => World {
  let world: World | undefined
  beforeAll(async () => {
    const under = await kit.create()
    world = { ...(await openTestEngine({ ...options, storage: under.storage })), under }
  })
  afterAll(async () => {
    await world?.engine.stop()
    await world?.under.dispose()
  })
  const opened = () => {
    if (!world) throw new Error('the engine is not open yet')
    return world
  }
  kit.last('whatever these tests did, owners, counts and logs agree, and each change has its entry', async () => {
    expect(await audit(opened())).toEqual([])
    expect(opened().watch.violations).toEqual([])
  })
  return opened
}

let names = 0

/** @param mode whether its agents start by themselves what they are given */
export async function newCompany(
  { engine, adapter }: Pick<World, 'engine' | 'adapter'>,
  mode: 'auto' | 'manual' = 'manual',
): Promise<Company> {
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const hire: Company['hire'] = (more = {}) =>
    engine.agents.create({
      companyId,
      name: `Agent ${(names += 1)}`,
      role: 'writer',
      adapterType: adapter.type,
      executionMode: mode,
      maxConcurrentRuns: 50,
      ...more,
    })
  const newTask: Company['newTask'] = (more = {}) => engine.tasks.create({ companyId, title: 'Write', ...more })
  return { companyId, agentId: (await hire()).id, hire, newTask }
}

/** Checks out a new task of the company for its agent. */
export async function checkOut({ engine }: Pick<World, 'engine'>, company: Company): Promise<CheckedOut> {
  const task = await company.newTask({ assigneeAgentId: company.agentId })
  return actAs(engine, task, await engine.tasks.checkout({ taskId: task.id }))
}

/** What the run of a checkout may do, by its credential. */
export async function actAs(engine: Engine, task: Task, held: { run: { id: string }; credential: string | null }): Promise<CheckedOut> {
  const actor = await engine.authenticate(held.credential ?? '')
  if (!actor) throw new Error('the credential of the checkout is unknown')
  return { task, runId: held.run.id, actor, api: engine.as(actor) }
}

/** Lets the lease of a run be over, as if its time had passed. */
export async function expireLease({ watch }: Pick<World, 'watch'>, runId: string): Promise<void> {
  await watch.query(`update ${watch.table('leases')} set expires_at = ? where run_id = ?`, ['2001-01-01T00:00:00.000Z', runId])
}

/** How each of several calls ended: its code, or `done`. */
export async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const answers = await Promise.allSettled(calls)
  return answers.map((answer) => (answer.status === 'fulfilled' ? 'done' : String(Object(answer.reason).code)))
}
