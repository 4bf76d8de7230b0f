import { systemActor, type Engine } from '@engine/core'
import type { RunOutcome } from '@engine/core/plugin'

const overloaded = { kind: 'failed', class: 'overloaded', message: 'busy', retryAfterMs: 3_600_000 } as const

/** Claims a queued run, as a worker does, and ends it; by default its provider does not let it work. */
export async function failRun(engine: Engine, runId: string, outcome: RunOutcome = overloaded): Promise<void> {
  const input = { runId, workerId: 'worker' }
  // The registry's answer to runs.claim.
  const { credential } = (await engine.execute('runs.claim', { input, actor: systemActor })) as { credential: string }
  const actor = await engine.authenticate(credential)
  if (actor?.kind !== 'run') throw new Error('the credential of the claim is unknown')
  await engine.as(actor).runs.report({ runId, outcome })
}

/** A breaker that is open, of an agent and a task of its own. */
export async function openBreaker(engine: Engine, { companyId, adapterType }: { companyId: string; adapterType: string }): Promise<string> {
  const agent = await engine.agents.create({ companyId, name: 'Overworked', role: 'writer', adapterType })
  const task = await engine.tasks.create({ companyId, title: 'Try', assigneeAgentId: agent.id })
  const [run] = (await engine.runs.list({ companyId, taskId: task.id })).items
  await failRun(engine, run?.id ?? '')
  const [breaker] = (await engine.breakers.list({ companyId })).items
  if (!breaker) throw new Error('a provider that let nobody work has no breaker')
  return breaker.id
}
