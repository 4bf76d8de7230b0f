import { expect, it } from 'vitest'

import { createFakeClock, createTestEngine, scriptedAdapter, until } from '@engine/testing'
import { sqlite } from '@engine/storage-sqlite'

it.each([
  ['sleeps on it', (signal: AbortSignal) => signal],
  ['sleeps on it and does not hear that it is to stop', () => undefined],
])('an engine stops on a clock that stands still, also while a run %s', { timeout: 20_000 }, async (_what, heard) => {
  const clock = createFakeClock()
  const adapter = scriptedAdapter()
  adapter.script = async ({ signal }) => {
    await clock.sleep(3_600_000, heard(signal))
    return { kind: 'done' }
  }
  const { engine, companyId, agentId } = await createTestEngine({ storage: sqlite(':memory:'), clock, adapter })
  await engine.tasks.create({ companyId, title: 'Sleep', assigneeAgentId: agentId })
  await engine.start()
  await until(
    async () => (await engine.runs.list({ companyId })).items,
    ([run]) => run?.status === 'running',
  )
  await engine.stop()
  expect(clock.monotonicMs()).toBeLessThan(3_600_000)
})
