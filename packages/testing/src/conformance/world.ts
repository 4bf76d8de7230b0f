import { expect } from 'vitest'

import type { Api, Engine, EngineSettings, RunActor, UserActor } from '@engine/core'
import { systemClock } from '@engine/core/plugin'

import { scriptedDestination } from '../scripted-destination.ts'
import { scriptedPlugins } from '../scripted-plugin.ts'
import { openTestEngine, type TestEngine } from '../test-engine.ts'
import { audit } from './audit.ts'
import { group, type Group, type StorageUnderTest, type Tests, type Told } from './kit.ts'

/** One database and an engine on it, for all tests of a group, which use companies of their own. */
export interface World extends Pick<TestEngine, 'engine' | 'adapter' | 'watch'> {
  readonly under: StorageUnderTest
  create(): Promise<StorageUnderTest>
  /** How far the engine's clock is ahead of the system's, milliseconds; a test that moves it puts it back. */
  readonly clock: { aheadMs: number }
  /** Another engine on the same data. Skips the test where there can be none. */
  partner(told: Told): Promise<Engine>
  /** Stops the engines and removes the database. */
  end(): Promise<void>
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

export interface EngineGroupOptions {
  readonly settings?: Partial<EngineSettings>
  /** Whether the engine's loops run. */
  readonly isStarted?: boolean
}

/** A group on one engine. It ends with a look at everything that its tests left. */
export function engineGroup(name: string, tests: Tests<World>, options: EngineGroupOptions = {}): Group {
  const { settings = {}, isStarted = false } = options
  return group<World>({
    name,
    async open(kit) {
      const under = await kit.create()
      const world = await openWorld(under, { create: () => kit.create(), settings })
      if (isStarted) await world.engine.start()
      return world
    },
    async close(world, kit) {
      kit.count(world.watch.counts)
      await world.end()
    },
    tests: {
      ...tests,
      [`whatever the tests of ${name} did, owners, counts and logs agree, and each change has its entry`]: async (world) => {
        expect(await audit(world)).toEqual([])
        expect(world.watch.violations).toEqual([])
      },
    },
  })
}

async function openWorld(
  under: StorageUnderTest,
  { create, settings }: Pick<World, 'create'> & { settings: Partial<EngineSettings> },
): Promise<World> {
  const clock = { aheadMs: 0 }
  const now = () => systemClock.now() + clock.aheadMs
  const opened = await openTestEngine({
    storage: under.storage,
    settings,
    clock: { ...systemClock, now },
    destinations: [scriptedDestination()],
    plugins: scriptedPlugins(),
  })
  let partner: Promise<Engine> | undefined
  return {
    ...opened,
    under,
    create,
    clock,
    partner({ skip }) {
      const storage = under.reopen?.() ?? skip(onlyOne)
      partner ??= openTestEngine({ storage, adapter: opened.adapter }).then(({ engine }) => engine)
      return partner
    },
    async end() {
      await (await partner)?.stop()
      await opened.engine.stop()
      await under.dispose()
    },
  }
}

/** Why a test of several engines is skipped. */
export const onlyOne = 'its data are open to one engine at a time: there is no reopen()'

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
  if (actor?.kind !== 'run') throw new Error('the credential of the checkout is unknown')
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
