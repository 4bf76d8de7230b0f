import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedDestination } from '@engine/testing'

import { createWorld, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

it('gives back what it took while it was being stopped, and ends', async () => {
  const taken = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  let isArmed = false
  const storage = sqlite(join(temporaryFolder(), 'engine.db'))
  const destinations = [scriptedDestination()]
  // The deliverer waits for so long when it was told to stop, and is the first that does.
  const stopGraceMs = 4_321
  const sleep: typeof systemClock.sleep = (ms, signal) => {
    if (ms === stopGraceMs) stopped.resolve()
    return systemClock.sleep(ms, signal)
  }
  const { engine, companyId } = await createWorld({
    storage,
    destinations,
    clock: { ...systemClock, sleep },
    settings: { stopGraceMs },
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
  await engine.stop()
  const next = await createEngine({ storage, destinations })
  onTestFinished(() => next.stop())
  const { items } = await next.deliveries.list({ companyId })
  expect(items.map(({ status, attempts }) => [status, attempts])).toEqual([['pending', 0]])
})

it.each(['disabled', 'deleted', 'changed'] as const)('sends nothing that it took before a route was %s, and had not begun', async (how) => {
  const taken = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  let isArmed = true
  const destination = scriptedDestination()
  const { engine, companyId } = await createWorld({
    destinations: [destination],
    async probe(step) {
      if (step !== 'deliveries.exchange.committed' || !isArmed) return
      isArmed = false
      taken.resolve()
      await goOn.promise
    },
  })
  onTestFinished(() => engine.stop())
  const route = (to: string, type: string) =>
    engine.routes.create({ companyId, name: to, destinationType: 'scripted', events: [type], config: { to } })
  const { id: routeId } = await route('before', 'task.created')
  await route('later', 'goal.created')
  await engine.tasks.create({ companyId, title: 'Told of' })
  await engine.start()
  await taken.promise
  if (how === 'disabled') await engine.routes.disable({ routeId })
  if (how === 'deleted') await engine.routes.delete({ routeId })
  if (how === 'changed') await engine.routes.update({ routeId, config: { to: 'after' } })
  goOn.resolve()
  const delivery = async () => (await engine.deliveries.list({ companyId, routeId })).items[0]
  const status = { disabled: 'pending', deleted: 'cancelled', changed: 'delivered' }[how]
  await until(delivery, (found) => found?.status === status)
  // What is taken after it has arrived, so it was not only late.
  await engine.goals.create({ companyId, title: 'Grow' })
  await until(
    () => destination.sent,
    (sent) => sent.some(({ config }) => config.to === 'later'),
  )
  expect(destination.sent.map(({ config }) => config.to)).toEqual(how === 'changed' ? ['after', 'later'] : ['later'])
})
