import { expect, it } from 'vitest'

import { createWorld, until } from './support/engine.ts'

it('starts what is queued meanwhile and more urgent before what it had found already', async () => {
  const { engine, companyId, adapter } = await createWorld({ settings: { maxConcurrentRuns: 1, pollMs: 3_600_000 } })
  const started: string[] = []
  const first = Promise.withResolvers<void>()
  adapter.script = async ({ context }) => {
    started.push(context.task.title)
    if (started.length === 1) await first.promise
    return { kind: 'done' }
  }
  async function assign(title: string, priority: 'medium' | 'critical') {
    const agent = await engine.agents.create({ companyId, name: `Agent of ${title}`, role: 'writer', adapterType: adapter.type })
    await engine.tasks.create({ companyId, title, priority, assigneeAgentId: agent.id })
  }
  for (const title of ['One', 'Two', 'Three']) await assign(title, 'medium')
  await engine.start()
  await until(
    async () => started.length,
    (count) => count === 1,
  )
  await assign('Four', 'critical')
  first.resolve()
  await until(
    async () => started.length,
    (count) => count === 4,
  )
  expect(started).toEqual(['One', 'Four', 'Two', 'Three'])
})
