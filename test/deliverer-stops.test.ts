import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedDestination } from '@engine/testing'

import { createWorld } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

it('gives back what it took while it was being stopped, and ends', async () => {
  const taken = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  let isArmed = false
  const storage = sqlite(join(temporaryFolder(), 'engine.db'))
  const destinations = [scriptedDestination()]
  const { engine, companyId } = await createWorld({
    storage,
    destinations,
    async probe(step) {
      if (step !== 'deliveries.exchange.committed' || !isArmed) return
      taken.resolve()
      await stopped.promise
    },
  })
  onTestFinished(() => engine.stop())
  await engine.routes.create({ companyId, name: 'All', destinationType: 'scripted', events: ['task.created'] })
  await engine.tasks.create({ companyId, title: 'Told of' })
  isArmed = true
  await engine.start()
  await taken.promise
  isArmed = false
  const end = engine.stop()
  stopped.resolve()
  await end
  const next = await createEngine({ storage, destinations })
  onTestFinished(() => next.stop())
  const { items } = await next.deliveries.list({ companyId })
  expect(items.map(({ status, attempts }) => [status, attempts])).toEqual([['pending', 0]])
})
