import { expect, it, onTestFinished } from 'vitest'

import { createWorld, until } from './support/engine.ts'

it('a run whose own ids have a short secret in them works and ends as any other', async () => {
  const world = await createWorld()
  const { engine, adapter, companyId, agentId } = world
  onTestFinished(() => engine.stop())
  // What all ids of this time begin with.
  const value = companyId.slice(0, 6)
  const { id: secretId } = await engine.secrets.create({ companyId, name: 'PIN', value })
  await engine.secrets.bind({ secretId, target: 'company', as: 'PIN' })
  adapter.script = async (turn) => {
    await turn.emit({ type: 'comment', body: `It is ${value}.` })
    return { kind: 'done', summary: value }
  }
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Open it', assigneeAgentId: agentId, maxAttempts: 1 })
  await engine.start()
  const { items } = await until(
    () => engine.runs.list({ companyId, taskId }),
    (seen) => seen.items.some(({ status }) => status !== 'queued' && status !== 'running'),
  )
  expect(items).toMatchObject([{ status: 'succeeded', outcome: { kind: 'done', summary: '[secret PIN]' } }])
  expect((await engine.comments.list({ taskId })).items).toMatchObject([{ body: 'It is [secret PIN].' }])
})
