// P3, P4, P19: processes die at every named step and at any other moment.
import { createEngine } from '@engine/core'
import { crashPoints, scriptedAdapter } from '@engine/testing'
import { sqlite } from '@engine/storage-sqlite'

import { defineLoop, type Round, type Scene, type Stage } from '../loop.ts'
import { answeredOnce, commandNames } from '../support/every-command.ts'
import { killCaller } from './call-round.ts'
import { killWorkers } from './work-round.ts'

/** What a worker calls by itself. */
const callsOfWorkers = [
  'runs.claim',
  'runs.heartbeat',
  'runs.appendLog',
  'tasks.progress',
  'comments.create',
  'runs.report',
  'runs.sweep',
  'runs.handBack',
]

export const kills = defineLoop({ name: 'kills', storages: ['sqlite', 'postgres'], lanes: 3, begin })

interface Points {
  /** Where a process that makes one call can die: every command, every step. */
  readonly ofCallers: readonly string[]
  /** Where a worker can, the first and the second time that it comes there. */
  readonly ofWorkers: readonly string[]
}

async function begin(scene: Scene): Promise<Stage> {
  const points = await findPoints()
  return {
    round: (round) => play(scene, round, points),
    end: async () => undefined,
  }
}

/** From the registry, so that no command is forgotten. */
async function findPoints(): Promise<Points> {
  const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [scriptedAdapter()] })
  try {
    commandNames(engine)
    const all = crashPoints(engine.registry)
    const once = answeredOnce(engine)
    const ofCallers = all.filter((point) => !once.some((name) => point.startsWith(`${name}.`)))
    const ofWorkers = all.filter((point) => callsOfWorkers.some((name) => point.startsWith(`${name}.`)))
    return { ofCallers, ofWorkers: ofWorkers.flatMap((point) => [point, `${point}#2`]) }
  } finally {
    await engine.stop()
  }
}

/** Seeds that follow each other go through all points; every other one kills at some moment instead. */
function play(scene: Scene, round: Round, { ofCallers, ofWorkers }: Points): Promise<void> {
  const turn = Math.floor(round.seed / 2)
  if (round.seed % 2 === 0) {
    const point = ofCallers[turn % (ofCallers.length + ofWorkers.length)]
    if (point !== undefined) return killCaller(scene, round, point)
    const ofWorker = ofWorkers[(turn % (ofCallers.length + ofWorkers.length)) - ofCallers.length] ?? ''
    return killWorkers(scene, round, { point: ofWorker, signal: 'SIGKILL', adapterType: 'scripted' })
  }
  const signal = turn % 4 === 0 ? 'SIGTERM' : 'SIGKILL'
  return killWorkers(scene, round, { point: null, signal, adapterType: turn % 6 === 0 ? 'process' : 'scripted' })
}
