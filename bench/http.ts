import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { findBuild } from './lib/build.ts'
import { calibrate, interleave, quantile, type BenchOptions, type Measured, type Variant } from './lib/measure.ts'
import { comparisonColumns, comparisonRow, factRow, judge, type Bar, type Report, type Row } from './lib/report.ts'
import { serverCpuUs } from './lib/server-cpu.ts'
import { copySeed, seedTasks, withFolder, type Seed } from './lib/sqlite.ts'

const callers = 8
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
  return withFolder(async (folder) => {
    const rows = [...(await againstFloor(folder, options)), ...(await bySize(options))]
    const bench = `http: requests of ${callers} callers over the network, SQLite, each server a process; CPU of the server alone`
    return { bench, columns: comparisonColumns, rows }
  })
}

/** What is asked for, of either server: the same path and the same body. */
interface Work {
  readonly name: string
  readonly bar: Bar
  ask(seed: Seed, index: number): Asked
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: object
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

function taskOf({ tasks }: Seed, index: number): string {
  // Far apart, as people ask.
  return tasks[(index * 7_919) % tasks.length]?.taskId ?? ''
}

interface Server {
  readonly name: string
  readonly child: ChildProcess
  readonly port: number
  readonly agent: Agent
}

async function startProbe(name: string, path: string): Promise<Server> {
  const { nodeArguments } = findBuild()
  const child = fork(join(import.meta.dirname, 'probes', `http-${name}.mjs`), [path], {
    execArgv: [...nodeArguments],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  if (!child.stdout) throw new Error(`${name} has no output`)
  const [line] = await once(child.stdout, 'data')
  return { name, child, port: Number(String(line)), agent: new Agent({ keepAlive: true, maxSockets: callers }) }
}

async function stop({ child, agent }: Server): Promise<void> {
  agent.destroy()
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}

/** Resolves when the whole answer was read. @throws for one that is no success */
function send({ port, agent }: Server, { method, path, body }: Asked): Promise<void> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      const { statusCode = 0 } = response
      if (statusCode >= 400) reject(new Error(`${method} ${path} was answered ${statusCode}`))
      response.resume().on('end', resolve).on('error', reject)
    })
    sent.on('error', reject).end(text)
  })
}

async function againstFloor(folder: string, options: BenchOptions): Promise<Row[]> {
  const seed = await seedTasks(folder, seedTaskCount)
  const servers = [await startProbe('floor', copySeed(seed, 'floor')), await startProbe('engine', copySeed(seed, 'engine'))]
  const rows: Row[] = []
  for (const work of works) {
    const variants = servers.map((server) => variantOf(server, seed, work))
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

function variantOf(server: Server, seed: Seed, { name, ask }: Work): Variant {
  let index = 0
  return {
    name: `${name}, ${server.name}`,
    serverCpuUs: () => serverCpuUs(server.child.pid ?? 0),
    async run(operations) {
      let left = operations
      const sendOn = async () => {
        for (; left > 0; left -= 1) await send(server, ask(seed, (index += 1)))
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
const slowBar: Bar = { goal: 'B16', figure: 'p95 ms', wants: 'at most', must: 5, stretch: 2.5, isStrict: false }
const growthBar: Bar = { goal: 'B16', figure: 'growth of p95', wants: 'at most', must: 1.5, isStrict: false }
/** Of ten requests so many are of each kind. */
const mixed = [get, get, get, get, get, list, list, create, update, update]

async function bySize({ ms, isLarge }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  let smallest: number | null = null
  for (const count of [1_000, 100_000, ...(isLarge ? [1_000_000] : [])]) {
    const times = await withFolder((folder) => timesAt(folder, { count, requests: Math.max(1_000, ms * 5) }))
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(times, share))
    if (p50 === undefined || p95 === undefined || p99 === undefined) throw new Error('nothing was measured')
    const growth = smallest === null ? null : p95 / smallest
    smallest ??= p95
    const verdicts = [judge(slowBar, p95), ...(growth === null ? [] : [judge(growthBar, growth)])]
    const cells = [`p50 ${p50.toFixed(2)} ms`, `p95 ${p95.toFixed(2)} ms`, `p99 ${p99.toFixed(2)} ms`, '', growth?.toFixed(2) ?? '']
    rows.push(factRow(`${perSecond}/s mixed, ${count.toLocaleString('en')} tasks`, { cells, facts: { p50, p95, p99, growth }, verdicts }))
  }
  return rows
}

async function timesAt(folder: string, { count, requests }: { count: number; requests: number }): Promise<number[]> {
  const seed = await seedTasks(folder, count)
  const server = await startProbe('engine', seed.path)
  await timesOf(server, seed, warmUp)
  const times = await timesOf(server, seed, requests)
  await stop(server)
  return times
}

/** Sends at a steady rate, whether what was sent before is answered or not, so that a slow answer hides none. Milliseconds. */
async function timesOf(server: Server, seed: Seed, count: number): Promise<number[]> {
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
