import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { until } from '@engine/testing'

import { posting } from './support/deliverer.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram, type Program } from './support/processes.ts'
import { newDatabase } from './support/storages.ts'

const tasks = 20
const updates = 14

interface Arrival {
  readonly deliveryId: string
  readonly eventId: string
}

/** A receiver that keeps some of what it gets and says so, refuses some, drops some, and keeps some without saying so. */
async function hostileReceiver() {
  const arrived: Arrival[] = []
  let requests = 0
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => null)
    if (body === null) return
    requests += 1
    const mood = requests % 10
    if (mood === 3) return void response.writeHead(500).end('no')
    if (mood === 5) return void response.writeHead(429, { 'retry-after': '0.05' }).end('later')
    if (mood === 7) return void request.socket.destroy()
    arrived.push(JSON.parse(body) as Arrival)
    if (mood === 9) return void request.socket.destroy()
    if (mood === 1) await new Promise((resolve) => setTimeout(resolve, 30))
    response.writeHead(204).end()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  // A server that listens on a port has an address.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, arrived }
}

async function place(database: string): Promise<string> {
  return database === 'postgres' ? newDatabase() : join(temporaryFolder(), 'engine.db')
}

async function startDeliverer(where: string): Promise<Program> {
  const program = startProgram(new URL('./support/deliverer.ts', import.meta.url), { args: [where] })
  await program.printed(/READY/)
  return program
}

describe.each(['sqlite', 'postgres'])('what happened on %s', (database) => {
  it('arrives, in order, though its receiver is hostile and whoever sends it is killed', { timeout: 120_000 }, async () => {
    const where = await place(database)
    const storage = where.startsWith('postgres:') ? postgres(where) : sqlite(where)
    const engine = await createEngine({ storage, destinations: [posting] })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    const { url, arrived } = await hostileReceiver()
    const retry = { maxAttempts: 50, baseSec: 0.05, capSec: 0.1, maxAgeSec: 600 }
    await engine.routes.create({ companyId, name: 'All', destinationType: 'posting', config: { url }, events: ['task.*'], retry })

    const programs = [await startDeliverer(where), await startDeliverer(where)]
    let kills = 0
    const killLast = async (count = 1) => {
      for (const program of programs.splice(-count)) {
        program.child.kill('SIGKILL')
        await program.exited
        kills += 1
      }
      programs.push(await startDeliverer(where))
    }
    const { items } = await engine.tasks.createMany({
      companyId,
      tasks: Array.from({ length: tasks }, (_, index) => ({ title: `T ${index}` })),
    })
    const ids = items.flatMap((item) => (item.status === 'created' ? [item.task.id] : []))
    for (let round = 0; round < updates; round += 1) {
      await Promise.all(ids.map((taskId) => engine.tasks.update({ taskId, title: `Round ${round}` })))
      if (round % 4 === 0) await killLast()
    }
    const open = async () => [
      ...(await engine.deliveries.list({ companyId, status: 'pending', limit: 1 })).items,
      ...(await engine.deliveries.list({ companyId, status: 'retrying', limit: 1 })).items,
    ]
    // Whoever is left dies too.
    await killLast(2)
    await until(open, (left) => left.length === 0, 60_000)

    const events = []
    for (let after = 0, isMore = true; isMore;) {
      const page = await engine.events.list({ companyId, after, limit: 100 })
      events.push(...page.items.filter(({ type }) => type.startsWith('task.')))
      after = page.items.at(-1)?.seq ?? after
      isMore = page.items.length === 100
    }
    expect(events).toHaveLength(tasks * (1 + updates))
    // Where each arrived first: a repeat may come later.
    const placeOf = new Map(arrived.map(({ eventId }, index): [string, number] => [eventId, index]).toReversed())
    expect(events.filter(({ id }) => !placeOf.has(id)).map(({ id }) => id)).toEqual([])
    for (const taskId of ids) {
      const places = events.filter(({ entity }) => entity.id === taskId).map(({ id }) => placeOf.get(id) ?? 0)
      expect(places).toEqual(places.toSorted((left, right) => left - right))
    }
    expect(new Set(arrived.map(({ deliveryId, eventId }) => `${deliveryId} ${eventId}`)).size).toBe(events.length)
    expect((await engine.deliveries.list({ companyId, status: 'parked' })).items).toEqual([])
    const repeats = arrived.length - events.length
    process.stdout.write(
      `${database}: ${events.length} events, 0 missing, 0 out of order, ${kills} senders killed, ${((repeats / events.length) * 100).toFixed(1)} % sent more than once\n`,
    )
  })
})
