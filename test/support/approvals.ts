import { createEngine, type AgentActor, type Api, type Role, type RunActor, type Storage, type UserActor } from '@engine/core'
import { scriptedAdapter, watched } from '@engine/testing'
import { z } from 'zod'

import type { Company } from './company.ts'

type Seats = Readonly<Record<Exclude<Role, 'owner'>, Api>>

/** A company with somebody of every role, and its agent Ada by her key. */
export interface Office extends Company, Seats {
  readonly ada: Api
  /** What Ada may do within a run of a new task, which she has checked out. */
  startRun(title?: string): Promise<{ taskId: string; actor: RunActor; run: Api }>
}

/** Agents can be run by `scripted`, which takes no configuration, and by `command`, which takes none without a command. */
export async function openOffice(storage: Storage, executionMode: 'auto' | 'manual' = 'manual'): Promise<Office> {
  const adapter = scriptedAdapter()
  const commandAdapter = { ...scriptedAdapter({ type: 'command' }), configSchema: z.strictObject({ command: z.string() }) }
  const engine = await createEngine({
    storage: watched(storage),
    adapters: [adapter, commandAdapter],
    checksOutputs: true,
    random: () => 0,
    // What may start does so because of what happened, not because somebody looks every now and then.
    settings: { pollMs: 60_000, sweepMs: 20, retryBaseMs: 1, stopGraceMs: 500 },
  })
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const hired = { companyId, name: 'Ada', role: 'writer', adapterType: adapter.type, executionMode }
  const { id: agentId } = await engine.agents.create(hired)
  const seat = (role: Role) => engine.as({ kind: 'user', id: `the ${role}`, roles: { [companyId]: role } } satisfies UserActor)
  const ada = engine.as({ kind: 'agent', id: agentId, companyId } satisfies AgentActor)
  return {
    engine,
    adapter,
    companyId,
    agentId,
    viewer: seat('viewer'),
    reviewer: seat('reviewer'),
    operator: seat('operator'),
    admin: seat('admin'),
    ada,
    async startRun(title = 'Write') {
      const task = await engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
      const { credential } = await engine.tasks.checkout({ taskId: task.id })
      const actor = await engine.authenticate(credential ?? '')
      if (actor?.kind !== 'run') throw new Error('a checkout gave no credential of a run')
      return { taskId: task.id, actor, run: engine.as(actor) }
    },
  }
}
