// P2: a run that lost its task, however and to whomever, changes nothing any more, by no write at all.
import { createEngine, type Engine } from '@engine/core'
import { scriptedAdapter, until } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import { holdAside } from './support/commands/budgets.ts'
import { askAside } from './support/commands/interactions.ts'
import { foundCompany, hold, holdNewTask, refusalOf, wait, type Company, type HeldTask } from './support/company.ts'
import { callsOfRun } from './support/every-command.ts'
import { differences, dumpAt, isFree, leavePlace, newPlace, storageAt, type Place } from './support/place.ts'
import { startProgram } from './support/program.ts'
import type { Answered, Started, WorkerPlan } from './support/worker-plan.ts'
import { openWholeEngine } from './support/whole-engine.ts'

const workerFile = new URL('./programs/worker.ts', import.meta.url)
const leaseMs = 30
/** One round in so many pauses a real process; the others let a credential lie until it is worth nothing. */
const pausedEvery = 8

interface Theatre {
  readonly place: Place
  readonly engine: Engine
}

export const zombies = defineLoop({ name: 'zombies', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  const place = await newPlace(scene)
  const engine = await openWholeEngine(place, { settings: { leaseMs } })
  return {
    round: (round) => (round.seed % pausedEvery === 0 ? pauseProcess(scene, round) : outliveCredential({ place, engine }, round)),
    async end() {
      await engine.stop()
      await leavePlace(place)
    },
  }
}

/** How a run loses its task. Each leaves the task in another state. */
const losses: Readonly<Record<string, (engine: Engine, given: Company & HeldTask) => Promise<unknown>>> = {
  'nobody has it': expire,
  'another run has it': async (engine, given) => {
    await expire(engine, given)
    await hold(engine, { taskId: given.taskId, agentId: given.agents[0] ?? '' })
  },
  'another run completed it': async (engine, given) => {
    await expire(engine, given)
    const other = await hold(engine, { taskId: given.taskId, agentId: given.agents[0] ?? '' })
    await engine.as(other.actor).tasks.complete({ taskId: given.taskId })
  },
  'another run submitted it': async (engine, given) => {
    await expire(engine, given)
    const other = await hold(engine, { taskId: given.taskId, agentId: given.agents[0] ?? '' })
    await engine.as(other.actor).deliverables.submit({ taskId: given.taskId, title: 'Result', content: 'text' })
  },
  'it gave it back itself': (engine, { actor, taskId }) => engine.as(actor).tasks.release({ taskId }),
  'it completed it itself': (engine, { actor, taskId }) => engine.as(actor).tasks.complete({ taskId }),
  'a person released it': (engine, { taskId }) => engine.tasks.release({ taskId }),
  'a person completed it': (engine, { taskId }) => engine.tasks.complete({ taskId }),
  'a person cancelled it': (engine, { taskId }) => engine.tasks.cancel({ taskId }),
  'a person blocked it': (engine, { taskId }) => engine.tasks.block({ taskId, reason: 'stop' }),
  'a person cancelled the run': (engine, { runId }) => engine.runs.cancel({ runId }),
  'its agent was terminated': (engine, { agents: [agentId = ''] }) => engine.agents.terminate({ agentId }),
  'a person gave it to somebody else': async (engine, { taskId, agents: [, agentId = ''] }) => {
    await engine.tasks.release({ taskId })
    await engine.tasks.assign({ taskId, agentId })
    await hold(engine, { taskId, agentId })
  },
}

async function expire(engine: Engine, { runId }: HeldTask): Promise<void> {
  for (let status = 'running'; status === 'running'; status = (await engine.runs.sweep({ runId })).status) await wait(leaseMs)
}

async function outliveCredential({ place, engine }: Theatre, round: Round): Promise<void> {
  const company = await foundCompany(engine, { agents: 2 })
  const live = await holdNewTask(engine, company)
  const held = { ...live, interactionId: await askAside(engine, live), holdId: await holdAside(engine, live) }
  const loss = round.random.pick(Object.keys(losses))
  await losses[loss]?.(engine, { ...company, ...held })
  round.reached(loss)
  round.count('zombies')
  const calls = round.random.shuffle(await callsOfRun(engine, held))
  const before = await dumpAt(place)
  for (const { operation, actor, input } of calls) {
    const code = await refusalOf(
      engine.execute(operation, { input, actor, ...(round.random.int(2) === 0 && { idempotencyKey: `${held.runId} ${operation}` }) }),
    )
    round.count('writes')
    if (code !== 'lease_lost') round.violation(`After ${loss}: ${operation} of the lost run was answered with ${code ?? 'success'}`)
  }
  const read = await refusalOf(engine.as(held.actor).tasks.get({ taskId: held.taskId }))
  if (read !== 'lease_lost') round.violation(`After ${loss}: the lost run still reads its task (${read ?? 'success'})`)
  const changed = differences(before, await dumpAt(place))
  if (changed.length > 0) round.violation(`After ${loss}: the lost run changed ${changed.slice(0, 5).join('; ')}`)
}

/** A process that was paused in the middle of a transaction holds its rows until the server cuts it off, after ten seconds. */
const survivedWithinMs = 30_000

/** The sweep writes too, if only to look: a process that is paused in it would pause others on its file. So the zombie sweeps once. */
const zombieSettings = { leaseMs: 300, sweepMs: 60_000, pollMs: 25 }
const survivorSettings = { ...zombieSettings, sweepMs: 50 }

/** A process that is paused while it writes would pause all others on its file, and nobody could take its work. */
async function pauseBetweenWrites(worker: ReturnType<typeof startProgram>, place: Place): Promise<void> {
  for (;;) {
    worker.kill('SIGSTOP')
    // A signal takes effect a moment later.
    await wait(20)
    if (isFree(place)) return
    worker.kill('SIGCONT')
    await wait(5)
  }
}

/** A worker is stopped in the middle of a run, loses it, and goes on as if nothing had been. On a database of their own. */
async function pauseProcess(scene: Scene, round: Round): Promise<void> {
  const place = await newPlace(scene)
  const survivor = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()], settings: survivorSettings })
  const { companyId, agents } = await foundCompany(survivor, { agents: 1, isExecuted: true })
  const task = await survivor.tasks.create({ companyId, title: 'Haunted', assigneeAgentId: agents[0] ?? '' })
  const plan: WorkerPlan = { place, settings: zombieSettings, effects: '', workMs: 0, seed: round.seed, isZombie: true }
  const worker = startProgram(workerFile, { plan })
  try {
    const { runId } = await worker.next<Started>('started')
    // One that loses its run before the adapter was called calls none, and writes nothing.
    await worker.next('haunting')
    await wait(20 + round.random.int(40))
    await pauseBetweenWrites(worker, place)
    await survivor.start()
    await until(
      () => survivor.tasks.get({ taskId: task.id }),
      (seen) => seen.status === 'done',
      survivedWithinMs,
    )
    round.count('paused processes')
    const before = await dumpAt(place)
    worker.kill('SIGCONT')
    worker.send({ kind: 'go' })
    const { codes } = await worker.next<Answered>('answered')
    // By its end it has reported an outcome too, or understood that it may not.
    worker.kill('SIGTERM')
    await worker.next('stopped')
    for (const [what, code] of Object.entries(codes)) {
      round.count('writes')
      if (code !== 'lease_lost') round.violation(`A ${what} of the paused run ${runId} was answered with ${code ?? 'success'}`)
    }
    // That a worker which is asked to stop signs off is no write of its run.
    const changed = differences(before, await dumpAt(place)).filter((row) => !/^[-+] workers /.test(row))
    if (changed.length > 0) round.violation(`A paused process changed ${changed.slice(0, 5).join('; ')}`)
  } finally {
    await worker.end()
    await survivor.stop()
    await leavePlace(place)
  }
}
