import { expect, it, onTestFinished } from 'vitest'

import { createWorld } from './support/engine.ts'

it('a lease is not swept while it is renewed, however long the run', async () => {
  const { engine, agentId, companyId } = await createWorld({ agentMode: 'manual', settings: { leaseMs: 80 } })
  onTestFinished(() => engine.stop())
  await engine.start()
  const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
  const { run, credential } = await engine.tasks.checkout({ taskId: task.id })
  const actor = await engine.authenticate(credential ?? '')
  if (!actor) throw new Error('the credential is unknown')
  for (let beat = 0; beat < 15; beat += 1) {
    await engine.as(actor).runs.heartbeat({ runId: run.id })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect((await engine.tasks.get({ taskId: task.id })).status).toBe('in_progress')
})
