// P23: the whole database server is killed under load and started again; the engine is not.
import { createEngine, type Engine } from '@engine/core'
import { createHistory, scriptedAdapter, until } from '@engine/testing'

import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { defineLoop, type Round, type Stage } from './loop.ts'
import { foundCompany, wait } from './support/company.ts'
import { judgeAftermath, startLoad } from './support/load.ts'
import { storageAt, type Place } from './support/place.ts'

/** How long the engine may need, once the server answers again, before it is a defect. Milliseconds. */
const recoveryPatienceMs = 30_000

interface Theatre {
  readonly server: PostgresServer
  readonly place: Place
  readonly engine: Engine
}

/** On a server of its own, since it is killed. */
export const postmaster = defineLoop({ name: 'postmaster', storages: ['postgres'], begin })

async function begin(): Promise<Stage> {
  const server = await startPostgres()
  const place: Place = { storage: 'postgres', url: await server.createDatabase() }
  const settings = { leaseMs: 2_000, sweepMs: 100, pollMs: 50, retryBaseMs: 5 }
  const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()], settings })
  await engine.start()
  return {
    round: (round) => play({ server, place, engine }, round),
    async end() {
      await engine.stop()
      await server.stop()
    },
  }
}

async function play({ server, place, engine }: Theatre, round: Round): Promise<void> {
  const { random } = round
  const company = await foundCompany(engine, { agents: 1, isExecuted: true })
  const history = createHistory()
  const load = startLoad(engine, { company, clients: 6, random, history })
  await wait(100 + random.int(300))
  await server.kill()
  const killedAt = performance.now()
  round.count('kills of the server')
  await wait(random.int(500))
  await server.start()
  const startedAt = performance.now()
  await until(
    () => load.firstAnswerAfter(startedAt),
    (at) => at !== null,
    recoveryPatienceMs,
  )
  round.took('from the kill to the first answer', (load.firstAnswerAfter(startedAt) ?? 0) - killedAt)
  round.took('from the start of the server to the first answer', (load.firstAnswerAfter(startedAt) ?? 0) - startedAt)
  await wait(random.int(200))
  await load.stop()
  await judgeAftermath({ place, engine, load, history, company }, round)
}
