// Workers die while they claim, work and complete; what they leave is taken over in time, and nothing is lost or done twice.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { createEngine, type Engine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'
import { scriptedAdapter, until, witness } from '@engine/testing'

import type { Round, Scene } from '../loop.ts'
import { foundCompany, holdNewTask, readLog, wait, type Company } from '../support/company.ts'
import { brokenInvariants } from '../support/invariants.ts'
import { findDamage, leavePlace, newPlace, rowsAt, storageAt, type Place } from '../support/place.ts'
import { startProgram, type Program } from '../support/program.ts'
import { readEffects, workingProgram, workingScript } from '../support/work.ts'
import type { Started, WorkerPlan } from '../support/worker-plan.ts'

const workerFile = new URL('../programs/worker.ts', import.meta.url)
const settings = { sweepMs: 50, pollMs: 25, retryBaseMs: 5, stopGraceMs: 50, abandonMs: 2_000 }
/** Long enough that a busy machine still renews it. Where nothing is to run out, it lasts. Milliseconds. */
const leases = { runsOut: 600, lasts: 20_000 }
/** How much more than the promise (P3) recovery may take on a busy machine before it is a defect, milliseconds. */
const machineMs = 10_000
const taskCount = 5
/** How long a worker is given to come to the point where it is to die, milliseconds. */
const pointPatienceMs = 5_000
const damageSoughtEvery = 10

export interface Death {
  /** Where it is to die by itself; null to kill it at some moment. */
  readonly point: string | null
  readonly signal: 'SIGKILL' | 'SIGTERM'
  readonly adapterType: 'scripted' | 'process'
}

function settingsFor({ signal }: Death) {
  return { ...settings, leaseMs: signal === 'SIGTERM' ? leases.lasts : leases.runsOut }
}

interface Theatre {
  readonly place: Place
  readonly engine: Engine
  readonly company: Company
  readonly effects: string
  readonly death: Death
}

export async function killWorkers(scene: Scene, round: Round, death: Death): Promise<void> {
  const place = await newPlace(scene)
  const effects = join(scene.folder, `${randomUUID()}.effects`)
  const adapter = scriptedAdapter()
  adapter.script = workingScript({ effects, workMs: 20, random: round.random })
  const engine = await createEngine({
    storage: storageAt(place),
    adapters: [adapter, processAdapter({ programs: 'any' })],
    settings: settingsFor(death),
  })
  try {
    const company = await prepareWork(engine, { place, effects, death })
    const theatre: Theatre = { place, engine, company, effects, death }
    const gone = await letOneDie(theatre, round)
    await recover(theatre, round, gone)
    await judge(theatre, round)
    if (death.signal === 'SIGTERM') await judgeStop(theatre, round, gone)
  } finally {
    await engine.stop()
    await leavePlace(place)
  }
}

/** Tasks that are executed, and one whose holder is gone already, so that a worker has something to sweep. */
async function prepareWork(engine: Engine, given: Pick<Theatre, 'place' | 'effects' | 'death'>): Promise<Company> {
  const { adapterType } = given.death
  const adapterConfig = { command: process.execPath, args: ['-e', workingProgram], env: { EFFECTS: given.effects } }
  const company = await foundCompany(engine, {
    agents: 2,
    isExecuted: true,
    adapterType,
    ...(adapterType === 'process' && { adapterConfig }),
  })
  for (let index = 0; index < taskCount; index += 1) {
    const assigneeAgentId = company.agents[index % 2] ?? ''
    await engine.tasks.create({ companyId: company.companyId, title: `Task ${index}`, assigneeAgentId, maxAttempts: 20 })
  }
  const hasty = await createEngine({ storage: storageAt(given.place), adapters: [scriptedAdapter()], settings: { leaseMs: 1 } })
  await holdNewTask(hasty, company)
  await hasty.stop()
  return company
}

/** A worker that is gone, and since when. */
interface Gone {
  readonly pid: number
  readonly at: number
}

async function letOneDie({ death, place, effects }: Theatre, round: Round): Promise<Gone> {
  const plan: WorkerPlan = { place, settings: settingsFor(death), effects, workMs: 60, seed: round.seed }
  const victim = startProgram(workerFile, { plan, env: death.point === null ? {} : { ENGINE_CRASH_AT: death.point } })
  try {
    await (death.point === null ? killSomewhen(victim, round, death) : dieAtPoint(victim, round, death.point))
  } finally {
    await victim.end()
  }
  return { pid: victim.pid, at: performance.now() }
}

async function killSomewhen(victim: Program, round: Round, { signal }: Death): Promise<void> {
  // Before its first run there is only the start to die in.
  if (signal === 'SIGTERM' || round.random.int(4) > 0) await victim.next<Started>('started')
  await wait(round.random.int(150))
  victim.kill(signal)
  const exit = await victim.exited
  round.count(signal === 'SIGKILL' ? 'kills' : 'stops in good order')
  if (signal === 'SIGTERM' && exit.code !== 0)
    round.violation(`A worker that was asked to stop ended with ${exit.signal ?? exit.code}: ${victim.output()}`)
}

async function dieAtPoint(victim: Program, round: Round, point: string): Promise<void> {
  // A run is handed back only by a worker that is asked to stop.
  if (point.startsWith('runs.handBack')) {
    await victim.next<Started>('started')
    victim.kill('SIGTERM')
  }
  const impatience = wait(pointPatienceMs).then(() => null)
  const exit = await Promise.race([victim.exited, impatience])
  if (exit?.signal === 'SIGKILL') {
    round.count('kills')
    round.reached(point)
  } else round.count('points not reached')
}

async function recover(theatre: Theatre, round: Round, gone: Gone): Promise<void> {
  const { engine, company, place, death } = theatre
  const left = `select count(*) as leases from leases where worker_id like '${gone.pid}-%'`
  const held = async () => Number((await rowsAt(place, left))[0]?.['leases'])
  const atDeath = await held()
  if (death.signal === 'SIGTERM' && atDeath > 0) round.violation(`A worker that stopped in good order left ${atDeath} leases behind`)
  await engine.start()
  if (atDeath > 0) {
    await until(held, (count) => count === 0, leases.runsOut + settings.sweepMs + machineMs)
    round.count('runs taken back', atDeath)
    round.took('recovery', performance.now() - gone.at)
  }
  const open = async () =>
    (await engine.tasks.list({ companyId: company.companyId, limit: 100 })).items.filter(
      ({ status }) => status === 'todo' || status === 'in_progress',
    )
  // The one that was held by hand stays todo: nobody is woken for it.
  const tasks = await until(open, (seen) => seen.every(({ title, status }) => title === 'Hold' && status === 'todo'), 30_000)
  if (tasks.length > 1) round.violation(`${tasks.length} tasks are open after the recovery`)
}

async function judge(theatre: Theatre, round: Round): Promise<void> {
  const { engine, company, place } = theatre
  const events = await readLog(engine, company.companyId)
  for (const { rule, sentence } of witness(events)) round.violation(`${rule}: ${sentence}`)
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
  await compareEffects(theatre, round)
  if (place.storage === 'sqlite' && round.random.int(damageSoughtEvery) === 0) {
    round.count('files checked for damage')
    for (const line of findDamage(place.file)) round.violation(`The file is damaged: ${line}`)
  }
}

/** What was done in the world is what the database says was done, once for each fence. */
async function compareEffects({ engine, company, effects }: Theatre, round: Round): Promise<void> {
  const done = readEffects(effects)
  const tasks = (await engine.tasks.list({ companyId: company.companyId, limit: 100 })).items.filter(({ title }) => title !== 'Hold')
  const runs = (await engine.runs.list({ companyId: company.companyId, limit: 100 })).items
  round.count('tasks done', tasks.filter(({ status }) => status === 'done').length)
  round.count('effects', done.length)
  const fences = new Set(done.map(({ taskId, fence }) => `${taskId} ${fence}`))
  if (fences.size < done.length) round.violation(`Effects were doubled: ${JSON.stringify(done)}`)
  for (const { id, status, identifier } of tasks) {
    const ended = runs.filter((run) => run.taskId === id && run.status === 'succeeded')
    const isBacked = ended.length === 1 && done.some(({ key }) => key === `${ended[0]?.id}:work`)
    if (status !== 'done' || !isBacked)
      round.violation(
        `${identifier} is ${status}, by ${ended.length} runs, with the effects ${JSON.stringify(done.filter(({ taskId }) => taskId === id))}`,
      )
  }
}

/** Who stops in good order hands everything back, and no attempt is burned. */
async function judgeStop({ engine, company }: Theatre, round: Round, gone: Gone): Promise<void> {
  const runs = (await engine.runs.list({ companyId: company.companyId, limit: 100 })).items
  for (const run of runs.filter(({ workerId }) => workerId?.startsWith(`${gone.pid}-`))) {
    const next = runs.find(({ retryOf }) => retryOf === run.id)
    if (run.status === 'lost') round.violation('A worker that stopped in good order lost a run')
    if (next && next.attempt !== run.attempt)
      round.violation(`A stop in good order burned an attempt: ${run.attempt}, then ${next.attempt}`)
  }
}
