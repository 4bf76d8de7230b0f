// P23: the network between engine and Postgres breaks, at a commit, before its answer, in the middle of anything.
import { randomUUID } from 'node:crypto'

import { createEngine, EngineError, type Engine } from '@engine/core'
import { createFaultProxy, createHistory, scriptedAdapter, type DataHook, type FaultProxy } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import { foundCompany, wait } from './support/company.ts'
import { brokenInvariants } from './support/invariants.ts'
import { judgeAftermath, startLoad } from './support/load.ts'
import { leavePlace, newPlace, rowsAt, storageAt, type Place } from './support/place.ts'

interface Theatre {
  readonly place: Place
  readonly proxy: FaultProxy
  /** Reaches the database through the proxy. */
  readonly engine: Engine
  /** Reaches it directly. */
  readonly direct: Engine
}

export const proxyFaults = defineLoop({ name: 'proxy-faults', storages: ['postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  const place = await newPlace(scene)
  if (place.storage !== 'postgres') throw new Error('only Postgres is reached through a network')
  const proxy = await createFaultProxy(new URL(place.url).host)
  const open = (url: string) =>
    createEngine({
      storage: storageAt({ ...place, url }, { maxConnections: 6 }),
      adapters: [scriptedAdapter()],
      settings: { leaseMs: 1_000, sweepMs: 100, pollMs: 50, retryBaseMs: 5 },
    })
  const direct = await open(place.url)
  const engine = await open(proxy.urlFor(place.url))
  await engine.start()
  const theatre: Theatre = { place, proxy, engine, direct }
  return {
    round: (round) => (round.seed % 3 === 0 ? cutBatch(theatre, round) : breakNetwork(theatre, round)),
    async end() {
      proxy.heal()
      await engine.stop()
      await direct.stop()
      await proxy.close()
      await leavePlace(place)
    },
  }
}

/** Resets one connection, at the first chunk that has the text. */
function resetOnce(wanted: 'toServer' | 'toClient', text: string): DataHook {
  let isDone = false
  return (direction, chunk) => {
    if (isDone || direction !== wanted || !chunk.includes(text)) return 'forward'
    isDone = true
    return 'reset'
  }
}

const faults: Readonly<Record<string, (proxy: FaultProxy, round: Round) => Promise<void> | void>> = {
  'cut at a commit': (proxy) => proxy.onData(resetOnce('toServer', 'commit\0')),
  'cut before the answer to a commit': (proxy) => proxy.onData(resetOnce('toClient', 'COMMIT\0')),
  'cut in the middle of a request': (proxy, { random }) => proxy.resetAfter(1 + random.int(4_000), 'toServer'),
  'cut in the middle of an answer': (proxy, { random }) => proxy.resetAfter(1 + random.int(4_000), 'toClient'),
  'all connections cut': (proxy) => proxy.cut(),
  'silence, then everything arrives': async (proxy, { random }) => {
    proxy.blackhole()
    await wait(random.int(300))
    proxy.heal()
  },
  // What hangs in it is not let go by any side; the test plays the keepalive that ends it.
  'half-open, then cut': async (proxy, { random }) => {
    proxy.halfOpen()
    await wait(random.int(300))
    proxy.cut()
  },
}

async function breakNetwork(theatre: Theatre, round: Round): Promise<void> {
  const { proxy, engine, direct, place } = theatre
  const { random } = round
  const company = await foundCompany(direct, { agents: 1, isExecuted: true })
  const history = createHistory()
  const load = startLoad(engine, { company, clients: 4, random, history })
  for (let count = 1 + random.int(4); count > 0; count -= 1) {
    await wait(random.int(60))
    const fault = random.pick(Object.keys(faults))
    await faults[fault]?.(proxy, round)
    round.count('faults')
    round.reached(fault)
  }
  await wait(50)
  proxy.heal()
  // Connections that were made while nothing got through hang for good; a real network would end them by keepalive.
  proxy.cut()
  await load.stop()
  await judgeAftermath({ place, engine: direct, load, history, company }, round)
}

/** Calls of one tick are one statement that commits by itself: cut on its way, or after it happened. */
async function cutBatch({ proxy, engine, direct, place }: Theatre, round: Round): Promise<void> {
  const { companyId } = await foundCompany(direct, { agents: 1 })
  const titles = Array.from({ length: 2 + round.random.int(6) }, () => randomUUID())
  const isOnItsWay = round.random.int(2) === 0
  proxy.onData(cutStatement(titles[0] ?? '', isOnItsWay))
  const answers = await Promise.allSettled(titles.map((title) => engine.tasks.create({ companyId, title })))
  proxy.heal()
  round.count('faults')
  round.reached(isOnItsWay ? 'a statement for many calls cut on its way' : 'a statement for many calls cut before its answer')
  const rows = await rowsAt(place, `select title from tasks where company_id = '${companyId}'`)
  const found = new Set(rows.map((row) => row['title']))
  for (const [index, answer] of answers.entries()) {
    const told =
      answer.status === 'fulfilled' ? 'acked' : EngineError.isInstance(answer.reason) ? answer.reason.code : String(answer.reason)
    const isThere = found.has(titles[index])
    round.count('calls of cut statements')
    if (told !== 'outcome_unknown')
      round.violation(`A call of a statement that was cut was told ${told}; its task is ${isThere ? '' : 'not '}there`)
    if (isThere === isOnItsWay)
      round.violation(`A statement that was cut ${isOnItsWay ? 'on its way happened' : 'before its answer did not happen'}`)
  }
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
}

/** The statement carries the titles among its values, so it is known by one of them. */
function cutStatement(title: string, isOnItsWay: boolean): DataHook {
  let cutConnection: number | null = null
  return (direction, chunk, connection) => {
    if (direction === 'toServer' && chunk.includes(title)) {
      if (isOnItsWay) return 'reset'
      cutConnection = connection
    }
    return direction === 'toClient' && connection === cutConnection ? 'reset' : 'forward'
  }
}
