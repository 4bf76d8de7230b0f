import type { Actor, Api, Engine, Role } from '@engine/core'

import type { World } from './engine.ts'

/** A task that a run has checked out, with what the run may do. */
export async function newHeldTask({ engine, companyId, agentId }: Pick<World, 'engine' | 'companyId' | 'agentId'>, title = 'Write') {
  const task = await engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
  return { taskId: task.id, ...(await hold(engine, task.id)) }
}

/** Checks a task out, as its agent would with its key. */
export async function hold(engine: Engine, taskId: string) {
  const { run, credential } = await engine.tasks.checkout({ taskId })
  const actor = await engine.authenticate(credential ?? '')
  if (actor?.kind !== 'run') throw new Error('the credential of the checkout is unknown')
  return { runId: run.id, fence: run.fence, actor, api: engine.as(actor) }
}

export function person({ engine, companyId }: Pick<World, 'engine' | 'companyId'>, role: Role, id: string = role): Api {
  return engine.as({ kind: 'user', id, roles: { [companyId]: role } } satisfies Actor)
}

export const question = { kind: 'question' as const, prompt: 'Which database?', choices: [{ key: 'pg', label: 'Postgres' }] }
