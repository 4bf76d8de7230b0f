import { createEngine, type Engine, type RunActor } from '@engine/core'
import type { Storage } from '@engine/core'
import { scriptedAdapter, watched, type ScriptedAdapter } from '@engine/testing'

type Settings = NonNullable<Parameters<typeof createEngine>[0]['settings']>

export interface Company {
  readonly engine: Engine
  readonly adapter: ScriptedAdapter
  readonly companyId: string
  readonly agentId: string
}

/** Opens a database as a process does; nothing runs until the test starts it. */
export async function openEngine(storage: Storage, settings: Settings = {}): Promise<{ engine: Engine; adapter: ScriptedAdapter }> {
  const adapter = scriptedAdapter()
  const engine = await createEngine({
    storage: watched(storage),
    adapters: [adapter],
    random: () => 0,
    settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 1, cooldownBaseMs: 1, stopGraceMs: 500, ...settings },
  })
  return { engine, adapter }
}

/** A company with one agent, which waits to be asked unless it is `auto`. */
export async function foundCompany(storage: Storage, options: { settings?: Settings; mode?: 'auto' | 'manual' } = {}): Promise<Company> {
  const { engine, adapter } = await openEngine(storage, options.settings)
  const company = await engine.companies.create({ name: 'Acme' })
  const agent = await engine.agents.create({
    companyId: company.id,
    name: 'Ada',
    role: 'writer',
    adapterType: adapter.type,
    executionMode: options.mode ?? 'manual',
  })
  return { engine, adapter, companyId: company.id, agentId: agent.id }
}

export interface Held {
  readonly taskId: string
  readonly runId: string
  readonly credential: string
}

/** A task that a run holds from now on. */
export async function checkOutNew({ engine, companyId, agentId }: Company, title = 'Write'): Promise<Held> {
  const task = await engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
  const { run, credential } = await engine.tasks.checkout({ taskId: task.id })
  return { taskId: task.id, runId: run.id, credential: credential ?? '' }
}

export async function actorOf(engine: Engine, credential: string): Promise<RunActor> {
  const actor = await engine.authenticate(credential)
  if (actor?.kind !== 'run') throw new Error('the credential is unknown')
  return actor
}
