// Who sends a delivery: one process at a time, and what it came to is said by that one (PROMISES P13).
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, systemActor } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { scriptedDestination, watched } from '@engine/testing'

import { createWorld, until } from './support/engine.ts'
import { claimDue, newRoute, outcome, type Claimed } from './support/routes.ts'
import { withClient } from './support/server-process.ts'
import { newDatabase, newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('a delivery that a process has taken, on %s', (storage) => {
  async function open(deliveryLeaseMs: number) {
    const settings = { deliveryTimeoutMs: deliveryLeaseMs / 2, deliveryLeaseMs }
    const { engine, companyId } = await createWorld({ storage: await newStorage(storage), destinations: [scriptedDestination()], settings })
    onTestFinished(() => engine.stop())
    const { routeId, deliveryId } = await newRoute(engine, companyId)
    const exchange = async (given: object): Promise<unknown> => {
      const input = { companyId, outcomes: [], unsent: [], wanted: [], ...given }
      return engine.execute('deliveries.exchange', { input, actor: systemActor })
    }
    return {
      take: () => claimDue(engine, routeId),
      settle: async (claimed: Claimed, result: Parameters<typeof outcome>[1]['result']) =>
        exchange({ outcomes: [outcome(claimed, { routeId, result })] }),
      giveBack: ({ deliveryId: id, fence }: Claimed) => exchange({ unsent: [{ deliveryId: id, fence }] }),
      async read() {
        const { status, attempts } = await engine.deliveries.get({ deliveryId })
        return { status, attempts }
      },
    }
  }

  it('is nobody else’s until its lease is over', async () => {
    const { take, settle, read } = await open(60_000)
    const together = await Promise.all([take(), take(), take()])
    expect(together.map((taken) => taken.length).toSorted((a, b) => a - b)).toEqual([0, 0, 1])
    expect(await take()).toEqual([])
    const [claimed = expect.unreachable()] = together.flat()
    expect(await settle(claimed, 'delivered')).toMatchObject({ settled: 1 })
    expect(await read()).toEqual({ status: 'delivered', attempts: 1 })
  })

  it('is no more its own when another one took it, whatever it says then', async () => {
    const { take, settle, giveBack, read } = await open(10)
    const [lost = expect.unreachable()] = await take()
    const [held = expect.unreachable()] = await until(take, (taken) => taken.length === 1)
    expect(held).toMatchObject({ deliveryId: lost.deliveryId, fence: lost.fence + 1 })
    const before = await read()
    for (const result of ['delivered', 'parked', 'retry', 'interrupted'] as const)
      expect(await settle(lost, result)).toMatchObject({ settled: 0 })
    await giveBack(lost)
    expect(await read()).toEqual(before)
    expect(await settle(held, 'parked')).toMatchObject({ settled: 1 })
    expect(await settle(held, 'delivered')).toMatchObject({ settled: 0 })
    expect(await read()).toEqual({ status: 'parked', attempts: 2 })
  })
})

it('a delivery that ends each process that sends it is given up, and not begun for ever', async () => {
  const settings = { deliveryTimeoutMs: 1, deliveryLeaseMs: 2 }
  const { engine, companyId } = await createWorld({ destinations: [scriptedDestination()], settings })
  onTestFinished(() => engine.stop())
  const { routeId, deliveryId } = await newRoute(engine, companyId)
  const { retry } = await engine.routes.get({ routeId })
  const parked = await until(
    async () => {
      await claimDue(engine, routeId)
      return engine.deliveries.get({ deliveryId })
    },
    ({ status }) => status === 'parked',
  )
  expect(parked).toMatchObject({
    attempts: retry.maxAttempts + 1,
    reason: expect.stringContaining('nobody said what became of the last one'),
  })
})

it('an event behind a delivery that is being settled is due when that has ended, on postgres', async () => {
  const url = await newDatabase()
  const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isArmed = false
  const destinations = [scriptedDestination()]
  const { engine, companyId, agentId } = await createWorld({ storage: postgres(url), destinations, agentMode: 'manual' })
  onTestFinished(() => engine.stop())
  const settling = await createEngine({
    storage: watched(postgres(url)),
    destinations,
    async probe(step) {
      if (!isArmed || step !== 'deliveries.exchange.recorded') return
      reached.resolve()
      await opened.promise
    },
  })
  onTestFinished(() => settling.stop())
  onTestFinished(() => opened.resolve())
  const route = { name: 'Out', destinationType: 'scripted', events: ['task.progress_updated'] }
  const { id: routeId } = await engine.routes.create({ companyId, ...route })
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Write' })
  await engine.tasks.checkout({ taskId, agentId })
  await engine.tasks.progress({ taskId, percent: 1 })
  const [first = expect.unreachable()] = await claimDue(settling, routeId)
  isArmed = true
  const input = { companyId, outcomes: [outcome(first, { routeId, result: 'delivered' })], unsent: [], wanted: [] }
  const settled = settling.execute('deliveries.exchange', { input, actor: systemActor })
  await reached.promise
  let isWritten = false
  const written = engine.tasks.progress({ taskId, percent: 2 }).then(() => void (isWritten = true))
  await until(
    async () => isWritten || (await waiting(url)) > 0,
    (isSo) => isSo,
  )
  opened.resolve()
  await Promise.all([settled, written])
  expect(await claimDue(engine, routeId)).toHaveLength(1)
})

/** How many transactions of a database wait for a lock. */
async function waiting(url: string): Promise<number> {
  const text = `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  return withClient(url, async (client) => Number((await client.query<{ count: number }>(text)).rows[0]?.count))
}
