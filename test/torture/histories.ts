// P1, P2: clients of several processes compete for a few tasks; what they were told is held against the log that they left.
import { createEngine, type Engine } from '@engine/core'
import {
  checkLinearizable,
  parseHistory,
  scriptedAdapter,
  taskModel,
  taskOperations,
  witness,
  type RecordedCall,
  type TaskOperation,
  type TimedOperation,
} from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import { foundCompany, readLog } from './support/company.ts'
import type { Play, Played, PlayersPlan } from './support/history-plan.ts'
import { brokenInvariants } from './support/invariants.ts'
import { leavePlace, newPlace, storageAt, type Place } from './support/place.ts'
import { startProgram, type Program } from './support/program.ts'

const playersFile = new URL('./programs/players.ts', import.meta.url)
const leaseMs = 40
const taskCount = 3
const operationsEach = 40
const clients = [
  ['a', 'b'],
  ['c', 'd'],
]
/** A search that takes time exponential in overlaps gets only histories of this many calls of one task. */
const mostForModel = 120
const checkedEvery = 10

interface Theatre {
  readonly place: Place
  readonly engine: Engine
  readonly players: readonly Program[]
}

export const histories = defineLoop({ name: 'histories', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  const place = await newPlace(scene)
  const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()] })
  const players = clients.map(() => startProgram(playersFile, { plan: { place, leaseMs } satisfies PlayersPlan }))
  await Promise.all(players.map((program) => program.next('ready')))
  return {
    round: (round) => play({ place, engine, players }, round),
    async end() {
      await Promise.all(players.map((program) => program.end()))
      await engine.stop()
      await leavePlace(place)
    },
  }
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { engine, players } = theatre
  const isNarrow = round.seed % 2 === 0
  const { companyId, agents } = await foundCompany(engine, { agents: 2 })
  const tasks: string[] = []
  for (let index = 0; index < taskCount; index += 1) tasks.push((await engine.tasks.create({ companyId, title: `Task ${index}` })).id)
  const founding = (await readLog(engine, companyId)).length
  const told = clients.map((names, index): Play => ({
    kind: 'play',
    companyId,
    agents,
    tasks,
    seed: round.random.int(2 ** 31) + index * names.length,
    clients: names,
    operations: operationsEach,
    isNarrow,
  }))
  for (const [index, program] of players.entries()) program.send(told[index] ?? {})
  const played = await Promise.all(players.map((program) => program.next<Played>('played')))
  const calls = parseHistory(...played.map(({ jsonl }) => jsonl))
  round.count('histories')
  countCalls(round, calls)
  await judge(theatre, round, { companyId, founding, calls, isNarrow })
}

interface Evidence {
  readonly companyId: string
  /** How many events there were before the clients began. */
  readonly founding: number
  readonly calls: readonly RecordedCall[]
  readonly isNarrow: boolean
}

async function judge({ engine, place }: Theatre, round: Round, { companyId, founding, calls, isNarrow }: Evidence): Promise<void> {
  const events = await readLog(engine, companyId)
  round.count('events', events.length)
  round.count('claims', events.filter((event) => event.type === 'task.claimed').length)
  round.count('waits for an answer', events.filter((event) => event.type === 'run.waiting').length)
  for (const { rule, sentence } of witness(events, { history: calls })) round.violation(`${rule}: ${sentence}`)
  if (events.length === founding) round.violation('no client did anything')
  if (isNarrow) checkOwnership(round, calls)
  if (round.random.int(checkedEvery) === 0) for (const sentence of await brokenInvariants(place)) round.violation(sentence)
}

/** The second judge, which knows nothing of the log: is there any order in which all answers make sense? */
function checkOwnership(round: Round, calls: readonly RecordedCall[]): void {
  for (const [taskId, operations] of taskOperations(calls)) {
    if (operations.length > mostForModel) continue
    round.count('ownership histories searched')
    const found = checkLinearizable(taskModel, operations)
    if (!found.isLinearizable) round.violation(`No order of the calls about ${taskId} fits a single owner: ${describe(operations)}`)
  }
}

function describe(operations: readonly TimedOperation<TaskOperation>[]): string {
  return JSON.stringify(operations.map(({ operation, calledAt, returnedAt }) => [operation, calledAt, returnedAt]))
}

function countCalls(round: Round, calls: readonly RecordedCall[]): void {
  round.count('calls', calls.length)
  for (const { outcome } of calls) {
    round.count(`calls ${outcome.status}`)
    if (outcome.status === 'refused' && outcome.code === 'lease_lost') round.count('writes refused to a lost run')
    if (outcome.status === 'unknown') round.fact('an unknown outcome', outcome.code ?? 'none')
  }
}
