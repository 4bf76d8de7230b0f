import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { createEngine, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { benchAdapter } from './lib/adapter.ts'
import { consumerVariant } from './lib/consumer.ts'
import { measureIdle, type IdleCost } from './lib/idle.ts'
import { interleave, quantile, ratios, spreadOf, type BenchOptions } from './lib/measure.ts'
import { postgresTarget, withPostgres, type BenchServer } from './lib/pg.ts'
import { factRow, judge, spreadText, type Bar, type Report, type Row } from './lib/report.ts'
import type { SeedTarget } from './lib/seed-target.ts'
import { sqliteTarget, withFolder } from './lib/sqlite.ts'
import { runsConsumer, seedWorkforce } from './lib/workforce.ts'
import { openGraphile } from './peers/graphile-worker.ts'

const wakesPerRound = 20
/** As of somebody who has been there for a while. */
const warmUpWakes = 200
/** Long enough for everybody to have fallen asleep again, and for the machine to have forgotten our code. */
const restMs = 15
/** Long enough for what was asked for to be done. */
const pauseMs = 3
const connections = 10
const backlog = { small: 300, large: 20_000 }
const backlogRounds = 3

const bars = {
  sqliteMs: { goal: 'B10', figure: 'p50 ms', wants: 'at most', must: 1.5, stretch: 0.8, isStrict: false },
  ratio: { goal: 'B10', figure: 'p50 ratio', wants: 'at most', must: 1, stretch: 0.8, isStrict: false },
  slowestMs: { goal: 'B10', figure: 'p99 ms', wants: 'at most', must: 15, isStrict: false },
  client: { goal: 'B11', figure: 'client ms/s', wants: 'at most', must: 5, isStrict: false },
  server: { goal: 'B11', figure: 'server ms/s', wants: 'at most', must: 5, isStrict: false },
  backlog: { goal: 'B12', figure: 'rate', wants: 'at least', must: 0.9, isStrict: false },
} satisfies Record<string, Bar>

/** B10 to B12: how soon somebody idle begins what is asked for, what being idle costs, and that a backlog waits for no poll. */
export async function benchWake(options: BenchOptions): Promise<Report> {
  const onSqlite = await withFolder(async (folder) => {
    const sleeper = await openEngine('engine on SQLite', sqlite(join(folder, 'wake.db')))
    const [samples = []] = await measureWakes([sleeper], { ...options, restMs })
    const [awake = []] = await measureWakes([sleeper], { ...options, restMs: pauseMs })
    await sleeper.stop()
    return [
      wakeRow(sleeper.name, samples, [judge(bars.sqliteMs, quantile(samples, 0.5))]),
      wakeRow(`${sleeper.name}, ${pauseMs} ms apart`, awake),
      idleRow(sleeper.name, await measureIdle({ family: 'sqlite', place: join(folder, 'idle.db') })),
      await backlogRow('SQLite', {
        ...options,
        target: sqliteTarget(join(folder, 'backlog.db')),
        storage: sqlite(join(folder, 'backlog.db')),
      }),
    ]
  })
  const onPostgres = await withPostgres(async (server) => {
    const url = await server.createDatabase('backlog')
    const storage = postgres(url, { maxConnections: connections })
    return [
      ...(await againstGraphile(server, options)),
      await backlogRow('Postgres', { ...options, target: await postgresTarget(url), storage }),
    ]
  })
  const columns = ['p50 ms', 'p99 ms', 'client CPU ms/s', 'server CPU ms/s']
  return { bench: 'wake: from the call that asks for work to its beginning, while idle', columns, rows: [...onSqlite, ...onPostgres] }
}

/** Somebody who has nothing to do. */
interface Sleeper {
  readonly name: string
  /** Asks for work. @returns how long it took until that began, milliseconds */
  wake(): Promise<number>
  stop(): Promise<unknown>
}

/** Measures from when it is asked until its work begins, whichever of both it tells first. */
function stopwatch() {
  let begun = Promise.withResolvers<number>()
  return {
    begin: () => begun.resolve(performance.now()),
    async measure(ask: () => Promise<unknown>): Promise<number> {
      begun = Promise.withResolvers<number>()
      const startedMs = performance.now()
      const [endedMs] = await Promise.all([begun.promise, ask()])
      return endedMs - startedMs
    },
  }
}

async function openEngine(name: string, storage: Storage): Promise<Sleeper> {
  const watch = stopwatch()
  const adapter = {
    ...benchAdapter,
    start: async () => ({
      async run() {
        watch.begin()
        return { kind: 'done' as const }
      },
    }),
  }
  const engine = await createEngine({ storage, adapters: [adapter] })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const agent = await engine.agents.create({ companyId, name: 'Agent', role: 'bench', adapterType: adapter.type })
  await engine.start()
  const task = { companyId, title: 'A task that wakes its agent', assigneeAgentId: agent.id }
  const wake = () => watch.measure(() => engine.tasks.create(task))
  return { name, wake, stop: () => engine.stop() }
}

async function againstGraphile(server: BenchServer, options: BenchOptions): Promise<Row[]> {
  const storage = postgres(await server.createDatabase('wake'), { maxConnections: connections })
  const engine = await openEngine('engine on Postgres', storage)
  const watch = stopwatch()
  const peer = await openGraphile(server, { connections, callers: 4 })
  const { addJob, stop } = await peer.ready(watch.begin)
  const graphile = { name: 'graphile-worker', wake: () => watch.measure(addJob), stop }
  const [theirs = [], ours = []] = await measureWakes([graphile, engine], { ...options, restMs })
  const p50 = quantile(ours, 0.5)
  const verdicts = [judge(bars.ratio, p50 / quantile(theirs, 0.5)), judge(bars.slowestMs, quantile(ours, 0.99))]
  await Promise.all([engine.stop(), graphile.stop()])
  const idle = await measureIdle({ family: 'postgres', place: await server.createDatabase('idle'), serverCpuUs: server.cpuUs })
  return [wakeRow(graphile.name, theirs), wakeRow(engine.name, ours, verdicts), idleRow(engine.name, idle)]
}

/** All in turns. */
async function measureWakes(
  sleepers: readonly Sleeper[],
  { rounds, restMs }: BenchOptions & { readonly restMs: number },
): Promise<number[][]> {
  const samples: number[][] = sleepers.map(() => [])
  for (let wake = 0; wake < warmUpWakes + rounds * wakesPerRound; wake += 1) {
    for (const [index, sleeper] of sleepers.entries()) {
      const tookMs = await sleeper.wake()
      if (wake >= warmUpWakes) samples[index]?.push(tookMs)
      await sleep(restMs)
    }
  }
  return samples
}

function wakeRow(name: string, samples: readonly number[], verdicts: Row['verdicts'] = []): Row {
  const [p50, p99] = [quantile(samples, 0.5), quantile(samples, 0.99)]
  return factRow(`${name}, wake-up`, { cells: [p50.toFixed(2), p99.toFixed(2)], facts: { p50, p99, wakes: samples.length }, verdicts })
}

function idleRow(name: string, { client, server }: IdleCost): Row {
  const verdicts = [judge(bars.client, client), ...(server === null ? [] : [judge(bars.server, server)])]
  return factRow(`${name}, idle`, { cells: ['', '', client.toFixed(2), server?.toFixed(2) ?? ''], facts: { client, server }, verdicts })
}

interface Backlog extends BenchOptions {
  readonly target: SeedTarget
  readonly storage: Storage
}

/** Without polls a backlog is worked off as fast as with many; who waits for one stands still, and that fails the run. */
async function backlogRow(where: string, { target, storage, isLarge, rounds }: Backlog): Promise<Row> {
  const workforce = await seedWorkforce(target)
  const operations = isLarge ? backlog.large : backlog.small
  const variant = (pollMs: number) =>
    consumerVariant(runsConsumer(workforce, { name: `runs, polling every ${pollMs} ms`, storage, concurrency: 8, pollMs }))
  const measured = await interleave([variant(50), variant(3_600_000)], { rounds: Math.min(backlogRounds, rounds), operations })
  await target.close()
  const [polling, waiting] = measured
  if (!polling || !waiting) throw new Error('a variant was not measured')
  const rate = ratios(waiting, polling, 'opsPerSecond')
  const perSecond = spreadOf(waiting.samples.map(({ opsPerSecond }) => opsPerSecond)).median
  const text = `backlog of ${operations.toLocaleString('en')} on ${where}, polls every hour against 50 ms: ${spreadText(rate)}`
  return factRow(text, { facts: { rate, perSecond }, verdicts: [judge(bars.backlog, rate.median)] })
}
