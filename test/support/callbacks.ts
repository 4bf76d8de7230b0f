import { systemActor, type Engine } from '@engine/core'

/** A run of an agent of its own, as a worker has claimed it. @returns its id */
export async function claimNewRun(engine: Engine, { companyId, adapterType }: { companyId: string; adapterType: string }): Promise<string> {
  const agent = await engine.agents.create({ companyId, name: 'Far', role: 'writer', adapterType })
  const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agent.id })
  const [queued] = (await engine.runs.list({ companyId, taskId: task.id })).items
  if (!queued) throw new Error('an assigned task of an executed agent queued no run')
  await engine.execute('runs.claim', { input: { runId: queued.id, workerId: 'worker' }, actor: systemActor })
  return queued.id
}

/** A call of now that the adapters of tests take for genuine. */
export function genuineHeaders(id = 'call-1'): Record<string, string> {
  return { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)), 'webhook-signature': 'genuine' }
}
