// P25: wall clocks that are wrong, and notifications that never come, cost time and nothing else.
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'

import { createEngine, type Engine } from '@engine/core'
import { createFaultProxy, scriptedAdapter, until, witness } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import { foundCompany, readLog, wait, type Company } from './support/company.ts'
import { brokenInvariants } from './support/invariants.ts'
import { leavePlace, newPlace, storageAt, type Place } from './support/place.ts'
import { startProgram } from './support/program.ts'
import { readEffects } from './support/work.ts'
import type { WorkerPlan } from './support/worker-plan.ts'

const workerFile = new URL('./programs/worker.ts', import.meta.url)
/** Leases are long enough that a busy machine renews them: whoever is taken for lost was so by a wrong clock. */
const settings = { leaseMs: 15_000, sweepMs: 50, pollMs: 50, retryBaseMs: 5, stopGraceMs: 50, abandonMs: 2_000 }
const tenMinutesMs = 600_000
const taskCount = 8
/** How long skewed workers are let work: on SQLite a retry may be due only when the clock that queued it says so. */
const workMs = 4_000
/** How long queued work waits when nobody tells of it, and how much more on a busy machine. Milliseconds. */
const pollMs = 500
const machineMs = 30_000

export const clocks = defineLoop({ name: 'clocks', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  return {
    round: (round) => (round.seed % 3 === 0 ? startWithoutHints(scene, round) : skewClocks(scene, round)),
    end: async () => undefined,
  }
}

/** Two workers, one ahead and one behind, or both jumping about; they compete for the same tasks and sweep each other. */
async function skewClocks(scene: Scene, round: Round): Promise<void> {
  const place = await newPlace(scene)
  const effects = join(scene.folder, `${randomUUID()}.effects`)
  const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()] })
  const company = await foundCompany(engine, { agents: 2, isExecuted: true })
  for (let index = 0; index < taskCount; index += 1) await createFor(engine, company, index)
  const jumpEveryMs = round.random.int(2) === 0 ? 0 : 100
  const workers = [tenMinutesMs, -tenMinutesMs].map((aheadMs, index) => {
    const clock = { aheadMs, jumpEveryMs }
    const plan: WorkerPlan = { place, settings, effects, workMs: 300, seed: round.seed + index, clock }
    return startProgram(workerFile, { plan })
  })
  try {
    await Promise.all(workers.map((worker) => worker.next('ready')))
    round.count(jumpEveryMs > 0 ? 'pairs of workers with jumping clocks' : 'pairs of workers twenty minutes apart')
    const open = async () => (await countRunning(engine, company)) + (await countTodo(engine, company))
    const deadline = performance.now() + workMs
    await until(
      async () => performance.now() > deadline || (await open()) === 0,
      (isOver) => isOver,
      workMs + machineMs,
    )
    for (const worker of workers) worker.kill('SIGTERM')
    await Promise.all(workers.map((worker) => worker.exited))
  } finally {
    await Promise.all(workers.map((worker) => worker.end()))
  }
  await judge({ place, engine, company, effects }, round)
  await engine.stop()
  await leavePlace(place)
}

async function createFor(engine: Engine, { companyId, agents }: Company, index: number): Promise<string> {
  const assigneeAgentId = agents[index % agents.length] ?? ''
  return (await engine.tasks.create({ companyId, title: `Task ${index}`, assigneeAgentId, maxAttempts: 20 })).id
}

async function countTodo(engine: Engine, { companyId }: Company): Promise<number> {
  return (await engine.tasks.list({ companyId, status: 'todo', limit: 100 })).items.length
}

async function countRunning(engine: Engine, { companyId }: Company): Promise<number> {
  return (await engine.runs.list({ companyId, status: 'running', limit: 100 })).items.length
}

interface Aftermath {
  readonly place: Place
  readonly engine: Engine
  readonly company: Company
  readonly effects: string
}

async function judge({ place, engine, company, effects }: Aftermath, round: Round): Promise<void> {
  const log = await readLog(engine, company.companyId)
  for (const { rule, sentence } of witness(log)) round.violation(`${rule}: ${sentence}`)
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
  const done = readEffects(effects)
  const fences = new Set(done.map(({ taskId, fence }) => `${taskId} ${fence}`))
  if (fences.size < done.length) round.violation(`Two runs had one fence: ${JSON.stringify(done)}`)
  const lost = log.filter((event) => event.type === 'run.lost').length
  round.count('runs', log.filter((event) => event.type === 'run.started').length)
  round.count('tasks done', log.filter((event) => event.type === 'task.completed').length)
  round.count('live runs taken for lost', lost)
  // There the database tells the time, so nobody is taken for lost who renewed its lease.
  if (place.storage === 'postgres' && lost > 0) round.violation(`${lost} live runs were swept because of a wrong clock`)
}

/** A worker that hears of nothing starts work by its next poll. */
async function startWithoutHints(scene: Scene, round: Round): Promise<void> {
  const place = await newPlace(scene)
  const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()] })
  const company = await foundCompany(engine, { agents: 2, isExecuted: true })
  const proxy = place.storage === 'postgres' ? await createFaultProxy(new URL(place.url).host) : null
  const listenUrl = proxy && place.storage === 'postgres' ? { listenUrl: proxy.urlFor(place.url) } : {}
  const worker = await createEngine({ storage: storageAt(place, listenUrl), adapters: [scriptedAdapter()], settings: { pollMs } })
  try {
    await worker.start()
    proxy?.halfOpen()
    for (let index = 0; index < taskCount; index += 1) {
      await wait(round.random.int(100))
      await createFor(engine, company, index)
    }
    await until(
      () => countTodo(engine, company),
      (count) => count === 0,
      pollMs + machineMs,
    )
    const runs = (await engine.runs.list({ companyId: company.companyId, limit: 100 })).items
    for (const { createdAt, startedAt } of runs) {
      round.count('starts without a hint')
      round.took(`wait for a start, polled every ${pollMs} ms`, Date.parse(startedAt ?? '') - Date.parse(createdAt))
    }
  } finally {
    // What hangs in silence would hang the end as well.
    proxy?.cut()
    await worker.stop()
    await engine.stop()
    await proxy?.close()
    await leavePlace(place)
  }
}
