import { setTimeout as delay } from 'node:timers/promises'

import { onEachDatabase, type Served, type ServedOn } from './http/databases.ts'
import { callers, send, startProbe, stop, type Asked, type Server } from './http/servers.ts'
import { calibrate, interleave, quantile, type BenchOptions, type Measured, type Variant } from './lib/measure.ts'
import { comparisonColumns, comparisonRow, factRow, judge, type Bar, type Report, type Row } from './lib/report.ts'
import { serverCpuUs } from './lib/server-cpu.ts'

const warmUp = 300
const seedTaskCount = 1_000
const cpuBar = (goal: string, must: number, stretch: number): Bar => ({
  goal,
  figure: 'CPU ratio',
  wants: 'at most',
  must,
  stretch,
  isStrict: true,
})
const reads = cpuBar('B14', 1.5, 1.25)
const writes = cpuBar('B15', 1.7, 1.35)

/** B14, B15: what a request costs the server, against express, zod and the driver by hand. B16: how long one takes in a large company. */
export async function benchHttp(options: BenchOptions): Promise<Report> {
  const rows = await onEachDatabase(async (on) => [...(await againstFloor(on, options)), ...(await bySize(on, options))])
  const bench = `http: requests of ${callers} callers over the network, each server a process; CPU of the server and of its database alone`
  return { bench, columns: comparisonColumns, rows: rows.flat() }
}

interface Work {
  readonly name: string
  readonly bar: Bar
  ask(seed: Served, index: number): Asked
}

const description = 'What is to be done, in some words that make it as long as such texts are. '.repeat(5)
const get: Work['ask'] = (seed, index) => ({ method: 'GET', path: `/api/tasks/${taskOf(seed, index)}` })
const list: Work['ask'] = (seed) => ({ method: 'GET', path: `/api/companies/${seed.companyId}/tasks?limit=50` })
const create: Work['ask'] = (seed) => ({
  method: 'POST',
  path: `/api/companies/${seed.companyId}/tasks`,
  body: { title: 'A task that the bench makes', description },
})
const update: Work['ask'] = (seed, index) => ({
  method: 'PATCH',
  path: `/api/tasks/${taskOf(seed, index)}`,
  body: { title: `Called otherwise ${index}` },
})

const works: readonly Work[] = [
  { name: 'get a task', bar: reads, ask: get },
  { name: 'list 50 tasks', bar: reads, ask: list },
  { name: 'create a task', bar: writes, ask: create },
  { name: 'update a task', bar: writes, ask: update },
]

function taskOf({ taskIds }: Served, index: number): string {
  // Far apart, as people ask.
  return taskIds[(index * 7_919) % taskIds.length] ?? ''
}

async function againstFloor(on: ServedOn, options: BenchOptions): Promise<Row[]> {
  const seed = await on.seed(seedTaskCount)
  const probes = { floor: on.floor, engine: 'http-engine' }
  const servers: Server[] = []
  for (const [name, probe] of Object.entries(probes)) servers.push(await startProbe(name, { probe, database: await seed.copy(name) }))
  const rows: Row[] = []
  for (const work of works) {
    const variants = servers.map((server) => variantOf(server, { on, seed, work }))
    for (const variant of variants) await variant.run(warmUp)
    const rest = stayAwake()
    const operations: number[] = []
    for (const variant of variants) operations.push(await calibrate(variant, { trial: 200, ms: options.ms, callers, most: 5_000 }))
    const measured = await interleave(variants, { rounds: options.rounds, operations })
    rest()
    const [floor, engine] = measured.map(onServer)
    if (!floor || !engine) throw new Error('a server was not measured')
    rows.push(comparisonRow(floor, { baseline: floor }), comparisonRow(engine, { baseline: floor, bars: { cpu: work.bar } }))
  }
  for (const server of servers) await stop(server)
  return rows
}

/**
 * Keeps this process from sleeping. To wake a process that sleeps costs whoever wakes it, on a virtual machine as much as to answer a
 * small request, and a fast server, whose client has no time to sleep, would be spared what a slower one pays. @returns what ends it
 */
function stayAwake(): () => void {
  let isAwake = true
  const turn = () => void (isAwake && setImmediate(turn))
  turn()
  return () => (isAwake = false)
}

function variantOf(server: Server, { on, seed, work }: { on: ServedOn; seed: Served; work: Work }): Variant {
  let index = 0
  return {
    name: `${on.name}: ${work.name}, ${server.name}`,
    serverCpuUs: () => (serverCpuUs(server.child.pid ?? 0) ?? Number.NaN) + on.cpuUs(),
    async run(operations) {
      let left = operations
      const sendOn = async () => {
        for (; left > 0; left -= 1) await send(server, work.ask(seed, (index += 1)))
      }
      await Promise.all(Array.from({ length: callers }, sendOn))
    },
  }
}

/** What the client of this bench costs is the same for both, and would make every ratio look better. */
function onServer({ name, samples }: Measured): Measured {
  return { name, samples: samples.map((sample) => ({ ...sample, cpuUsPerOp: sample.serverCpuUsPerOp ?? Number.NaN })) }
}

const perSecond = 200
const slowBar = (must: number): Bar => ({ goal: 'B16', figure: 'p95 ms', wants: 'at most', must, stretch: must / 2, isStrict: false })
const slowBars = { SQLite: slowBar(5), Postgres: slowBar(8) }
const growthBar: Bar = { goal: 'B16', figure: 'growth of p95', wants: 'at most', must: 1.5, isStrict: false }
/** Of ten requests so many are of each kind. */
const mixed = [get, get, get, get, get, list, list, create, update, update]

async function bySize(on: ServedOn, { ms, isLarge }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  let smallest: number | null = null
  for (const count of [1_000, 100_000, ...(isLarge ? [1_000_000] : [])]) {
    const times = await timesAt(on, { count, requests: Math.max(1_000, ms * 5) })
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(times, share))
    if (p50 === undefined || p95 === undefined || p99 === undefined) throw new Error('nothing was measured')
    const growth = smallest === null ? null : p95 / smallest
    smallest ??= p95
    const verdicts = [judge(slowBars[on.name], p95), ...(growth === null ? [] : [judge(growthBar, growth)])]
    const cells = [`p50 ${p50.toFixed(2)} ms`, `p95 ${p95.toFixed(2)} ms`, `p99 ${p99.toFixed(2)} ms`, '', growth?.toFixed(2) ?? '']
    const name = `${on.name}: ${perSecond}/s mixed, ${count.toLocaleString('en')} tasks`
    rows.push(factRow(name, { cells, facts: { p50, p95, p99, growth }, verdicts }))
  }
  return rows
}

async function timesAt(on: ServedOn, { count, requests }: { count: number; requests: number }): Promise<number[]> {
  const seed = await on.seed(count)
  const server = await startProbe('engine', { probe: 'http-engine', database: seed.database })
  await timesOf(server, seed, warmUp)
  const times = await timesOf(server, seed, requests)
  await stop(server)
  return times
}

/** Sends at a steady rate, whether what was sent before is answered or not, so that a slow answer hides none. Milliseconds. */
async function timesOf(server: Server, seed: Served, count: number): Promise<number[]> {
  const startedMs = performance.now()
  const times: number[] = []
  const sent: Promise<void>[] = []
  for (let index = 0; index < count; index += 1) {
    const dueMs = startedMs + (index * 1_000) / perSecond
    const wait = dueMs - performance.now()
    if (wait > 0) await delay(wait)
    const ask = mixed[index % mixed.length] ?? get
    const beganMs = performance.now()
    sent.push(send(server, ask(seed, index)).then(() => void times.push(performance.now() - beganMs)))
  }
  await Promise.all(sent)
  return times
}
