import { setTimeout as pause } from 'node:timers/promises'

import { createFakeClock } from '@engine/testing'
import { expect, it, onTestFinished } from 'vitest'

import { createWorld, until } from './support/engine.ts'
import { question } from './support/interactions.ts'
import { newStorage } from './support/storages.ts'

it('a process whose clock is behind its database looks for what has expired no more often than it should', async () => {
  let tries = 0
  const probe = (step: string) => void (step === 'interactions.expire.begun' && (tries += 1))
  // Months ago: for Postgres all of them have expired, for this process none has.
  const clock = createFakeClock(Date.UTC(2026, 0, 1))
  const world = await createWorld({ storage: await newStorage('postgres'), agentMode: 'manual', clock, probe })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId } = world
  for (let number = 0; number < 5; number += 1) {
    const { id: taskId } = await engine.tasks.create({ companyId, title: `Task ${number}` })
    for (let asked = 0; asked < 20; asked += 1) await engine.interactions.ask({ taskId, ask: question, expiresInSec: 60 })
  }
  await engine.start()
  await until(
    () => tries,
    (count) => count > 0,
  )
  // The clock stands still, so nothing but the loop itself can begin another look.
  await pause(500)
  expect(tries).toBeLessThanOrEqual(2)
  expect((await engine.interactions.list({ companyId, status: 'pending', limit: 100 })).items).toHaveLength(100)
})
