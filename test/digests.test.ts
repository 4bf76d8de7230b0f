import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'

import type { Api } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { scriptedDestination, type SentDelivery } from '@engine/testing'

import { createWorld, errorOf, until } from './support/engine.ts'
import { newDatabase, newStorage } from './support/storages.ts'

const daily = { expression: '0 8 * * *', timeZone: 'Europe/Berlin' }
const quickly = { maxAttempts: 3, baseSec: 0, capSec: 0, maxAgeSec: 60 }

/** The events that were told together. */
function told(sent: SentDelivery | undefined): string[] | undefined {
  return sent?.digest?.map(({ event }) => event.id)
}

describe.each(['sqlite', 'postgres'])('a route on %s that gathers what it sends', (database) => {
  async function open(input: Partial<Parameters<Api['routes']['create']>[0]> = {}) {
    const destination = scriptedDestination()
    const plain = { ...scriptedDestination(), type: 'plain', digests: false }
    const storage = await newStorage(database)
    const world = await createWorld({ storage, destinations: [destination, plain], agentMode: 'manual' })
    const { engine, companyId, watch } = world
    onTestFinished(() => engine.stop())
    const create = (more: object = {}) =>
      engine.routes.create({
        companyId,
        name: 'Daily',
        destinationType: 'scripted',
        events: ['label.created', 'label.updated'],
        retry: quickly,
        digest: daily,
        ...input,
        ...more,
      })
    const { id: routeId } = await create()
    const deliveries = async () => (await engine.deliveries.list({ companyId, limit: 100 })).items.toReversed()
    const settled = () => until(deliveries, (all) => all.every(({ status }) => status !== 'pending' && status !== 'retrying'))
    const add = (name: string) => engine.labels.create({ companyId, name })
    /** Lets the time come at which it sends. */
    const come = () =>
      watch.query(`update ${watch.table('deliveries')} set next_at = ? where next_at is not null`, ['2026-01-01T00:00:00.000Z'])
    return { ...world, destination, create, routeId, deliveries, settled, add, come }
  }

  it('waits for its time, and then tells all that came since as one, in the order in which it came', async () => {
    const { engine, destination, deliveries, settled, add, come } = await open()
    await engine.start()
    const first = await add('One')
    await add('Two')
    await engine.labels.update({ labelId: first.id, name: 'One again' })
    const waiting = await deliveries()
    expect(waiting).toHaveLength(3)
    const [{ nextAt } = { nextAt: null }] = waiting
    expect(new Intl.DateTimeFormat('de', { timeZone: daily.timeZone, timeStyle: 'short' }).format(new Date(nextAt ?? 0))).toBe('08:00')
    expect(new Set(waiting.map((one) => one.nextAt))).toEqual(new Set([nextAt]))
    expect(destination.sent).toEqual([])
    await come()
    await add('Later')
    await until(
      () => destination.sent,
      (sent) => sent.length > 0,
    )
    await until(deliveries, (all) => all.filter(({ status }) => status === 'delivered').length === 3)
    expect(destination.sent.map(told)).toEqual([waiting.map(({ eventId }) => eventId)])
    const sent = (await deliveries()).slice(0, 3)
    expect(new Set(sent.map(({ digestId }) => digestId))).toEqual(new Set([destination.sent[0]?.deliveryId]))
    expect((await deliveries()).at(-1)).toMatchObject({ status: 'pending', digestId: null })
    await come()
    await settled()
    expect(destination.sent.map(told)).toEqual([waiting.map(({ eventId }) => eventId), [expect.any(String)]])
  })

  it('tells the same again when it did not arrive, under the same id, and what came meanwhile by another', async () => {
    const { engine, destination, deliveries, settled, add, come } = await open()
    await add('One')
    await add('Two')
    await come()
    const failing = Promise.withResolvers<void>()
    destination.script = async () => {
      if (destination.sent.length > 1) return { kind: 'delivered' }
      await failing.promise
      return { kind: 'retry', reason: 'the line broke' }
    }
    await engine.start()
    await until(
      () => destination.sent.length,
      (count) => count === 1,
    )
    await add('Three')
    await come()
    failing.resolve()
    await settled()
    const [first, again, other] = destination.sent
    expect(told(first)).toHaveLength(2)
    expect([told(again), again?.deliveryId, again?.attempt]).toEqual([told(first), first?.deliveryId, 2])
    expect(told(other)).toEqual([(await deliveries()).at(-1)?.eventId])
    expect(other?.deliveryId).not.toBe(first?.deliveryId)
    expect((await deliveries()).map(({ status, attempts }) => [status, attempts])).toEqual([
      ['delivered', 2],
      ['delivered', 2],
      ['delivered', 1],
    ])
  })

  it('tells what came first by the first of several, also when that was held back and is due later', async () => {
    const { engine, companyId, watch, destination, deliveries, settled, routeId } = await open()
    const labels = Array.from({ length: 120 }, (_, index) => ({ companyId, name: `Label ${index}` }))
    for (const label of labels) await engine.labels.create(label)
    const seqs = (await deliveries()).map(({ eventSeq }) => eventSeq).toSorted((left, right) => left - right)
    const due = `update ${watch.table('deliveries')} set next_at = ? where route_id = ?`
    await watch.query(`${due} and event_seq <= ?`, ['2026-01-02T00:00:00.000Z', routeId, seqs[60]])
    await watch.query(`${due} and event_seq > ?`, ['2026-01-01T00:00:00.000Z', routeId, seqs[60]])
    await engine.start()
    await settled()
    const names = destination.sent.flatMap(({ digest }) => digest?.map(({ event }) => event.data['name']) ?? [])
    expect(names).toEqual(labels.map(({ name }) => name))
    expect(destination.sent.map(({ digest }) => digest?.length)).toEqual([100, 20])
  })

  it('parks by itself what its template can not tell, and tells the rest', async () => {
    const template = { text: '{{data.changed}}', contentType: 'text/plain' }
    const { engine, destination, deliveries, settled, add, come } = await open({ template })
    const label = await add('One')
    await engine.labels.update({ labelId: label.id, name: 'Two' })
    await come()
    await engine.start()
    await settled()
    expect((await deliveries()).map(({ status }) => status)).toEqual(['parked', 'delivered'])
    expect(destination.sent.map(({ digest }) => digest?.map(({ body }) => body))).toEqual([
      [{ kind: 'text', text: '["name"]', contentType: 'text/plain' }],
    ])
  })

  it('sends what waits by itself when it gathers no more, in the order of each thing', async () => {
    const { engine, routeId, destination, settled, add } = await open()
    const label = await add('One')
    await engine.labels.update({ labelId: label.id, name: 'Two' })
    await engine.labels.update({ labelId: label.id, name: 'Three' })
    expect(await engine.routes.update({ routeId, digest: null })).toMatchObject({ digest: null })
    await engine.start()
    await settled()
    expect(destination.sent.map(({ event, digest }) => [event.type, digest])).toEqual([
      ['label.created', undefined],
      ['label.updated', undefined],
      ['label.updated', undefined],
    ])
    await engine.routes.update({ routeId, digest: { expression: '30 9 * * 1' } })
    await add('Next')
    expect((await engine.deliveries.list({ companyId: label.companyId, status: 'pending' })).items[0]?.nextAt).toMatch(/T09:30:00.000Z$/)
  })

  it('needs a destination that takes several things as one, and times that come', async () => {
    const { engine, create, routeId } = await open()
    const refused = await errorOf(create({ destinationType: 'plain' }))
    expect(refused).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('scripted') })
    expect(await errorOf(engine.routes.update({ routeId, destinationType: 'plain' }))).toMatchObject({ code: 'rule_violated' })
    for (const digest of [{ expression: 'soon' }, { expression: '0 0 31 2 *' }, { ...daily, timeZone: 'Mars' }])
      expect(await errorOf(create({ digest }))).toMatchObject({ code: 'rule_violated' })
    expect(await engine.routes.update({ routeId, destinationType: 'plain', digest: null })).toMatchObject({ destinationType: 'plain' })
  })
})

describe('a digest on postgres that did not arrive', () => {
  it('goes out again as a whole while somebody is writing what happened since', async () => {
    const url = await newDatabase()
    const destination = scriptedDestination()
    const { engine, companyId } = await createWorld({ storage: postgres(url), destinations: [destination], agentMode: 'manual' })
    onTestFinished(() => engine.stop())
    const writer = new pg.Client({ connectionString: url })
    await writer.connect()
    onTestFinished(() => writer.end())
    const ask = { companyId, name: 'Daily', destinationType: 'scripted', events: ['label.created'], retry: quickly, digest: daily }
    const { id: routeId } = await engine.routes.create(ask)
    for (const name of ['One', 'Two', 'Three']) await engine.labels.create({ companyId, name })
    await writer.query(`update engine.deliveries set next_at = now() where route_id = $1`, [routeId])
    destination.script = async () =>
      destination.sent.length > 1 ? { kind: 'delivered' } : { kind: 'retry', reason: 'the line broke', retryAfterMs: 1_500 }
    await engine.start()
    await until(
      () => engine.deliveries.list({ companyId, status: 'retrying' }),
      ({ items }) => items.length === 3,
    )
    // As whoever writes an event does with the last of what is open before it.
    await writer.query('begin')
    await writer.query(`select id from engine.deliveries where route_id = $1 order by id desc limit 1 for share`, [routeId])
    setTimeout(() => void writer.query('commit'), 2_500)
    const [first, again] = await until(
      () => destination.sent,
      (sent) => sent.length > 1,
    )
    expect(told(again)).toEqual(told(first))
    expect(told(again)).toHaveLength(3)
  })
})

describe('destinations', () => {
  it('are listed with what a route to them needs', async () => {
    const { engine, companyId } = await createWorld({ destinations: [scriptedDestination()] })
    onTestFinished(() => engine.stop())
    expect(await engine.destinations.list({ companyId })).toEqual({
      items: [
        {
          type: 'scripted',
          title: 'Does what its test says',
          configSchema: expect.objectContaining({ properties: expect.objectContaining({ token: { type: 'string' } }) }),
          secretFields: ['token'],
          alwaysSecret: [],
          digests: true,
        },
      ],
      nextCursor: null,
    })
  })

  it('that open a secret are noted in its log, once for many deliveries, and again when it is another value', async () => {
    const destination = scriptedDestination()
    const { engine, companyId } = await createWorld({ destinations: [destination] })
    onTestFinished(() => engine.stop())
    const { id: secretId } = await engine.secrets.create({ companyId, name: 'TOKEN', value: 'first' })
    const config = { token: { secret: 'TOKEN' } }
    const events = ['label.created']
    const { id: routeId } = await engine.routes.create({ companyId, name: 'Out', destinationType: 'scripted', events, config })
    await engine.start()
    const add = async (name: string) => {
      const before = destination.sent.length
      await engine.labels.create({ companyId, name })
      await until(
        () => destination.sent.length,
        (count) => count > before,
      )
    }
    for (const name of ['a', 'b', 'c']) await add(name)
    await engine.secrets.rotate({ secretId, value: 'second' })
    await add('d')
    await engine.routes.test({ routeId })
    const noted = (await engine.secrets.accesses({ secretId })).items.map(({ number, ...access }) => [access.routeId, access.runId, number])
    expect(noted).toEqual([
      [routeId, null, 2],
      [routeId, null, 2],
      [routeId, null, 1],
    ])
  })
})
