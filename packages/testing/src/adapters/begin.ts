import { randomUUID } from 'node:crypto'

import {
  createRedactor,
  type AdapterEvent,
  type AdapterTurn,
  type AgentAdapter,
  type JsonObject,
  type Logger,
  type MeteredCall,
  type RunContext,
  type RunOutcome,
} from '@engine/core/plugin'

import { recordingMeter, type RecordingMeter } from '../recording-meter.ts'
import type { Scene } from './scenes.ts'

export interface BegunRun {
  readonly outcome: Promise<RunOutcome>
  /** What was emitted, those that were refused included. */
  readonly events: readonly AdapterEvent[]
  /** Everything that it wrote into the log of the host. */
  readonly logged: readonly string[]
  /** What it asked to hold. */
  readonly meter: RecordingMeter
  stop(reason: string): void
}

interface Beginning {
  /** Of the task. */
  readonly title?: string
  readonly session?: JsonObject | null
  readonly isStopped?: boolean
  /** Takes an event, or refuses it. */
  take?(event: AdapterEvent): Promise<void>
  /** Allows a call of a model, or refuses it. */
  reserve?(call: MeteredCall): Promise<void>
}

/** Lets the agent of a scene work, as a dispatcher would. */
export function begin(adapter: AgentAdapter, scene: Scene, beginning: Beginning = {}): BegunRun {
  const stopping = new AbortController()
  if (beginning.isStopped) stopping.abort('cancelled')
  const events: AdapterEvent[] = []
  const meter = recordingMeter(async (call) => beginning.reserve?.(call))
  const logged: string[] = []
  const turn: AdapterTurn = {
    context: contextOf(beginning.title ?? 'Count the chairs'),
    session: beginning.session ?? null,
    tools: scene.tools ?? [],
    meter,
    signal: stopping.signal,
    async emit(event) {
      // What is emitted is written down at once; what becomes of the object afterwards changes nothing.
      events.push(structuredClone(event))
      await beginning.take?.(event)
    },
  }
  const outcome = start(adapter, scene, loggerInto(logged)).then((session) => session.run(turn))
  // A test that looks at something else first hears of it when it asks for the outcome.
  outcome.catch(() => undefined)
  return { outcome, events, logged, meter, stop: (reason) => stopping.abort(reason) }
}

export function start(adapter: AgentAdapter, scene: Scene, logger: Logger = loggerInto([])): ReturnType<AgentAdapter['start']> {
  // Like no other on this machine: what ends the processes of a run finds them by it, also those of other tests at the same time.
  const runId = randomUUID()
  const config = adapter.configSchema.parse(scene.config)
  return adapter.start({ config, runId, env: scene.env ?? {}, redactor: createRedactor([]), logger, cap: null })
}

function loggerInto(lines: string[]): Logger {
  const log = (message: string, fields?: Record<string, unknown>) => void lines.push(JSON.stringify([message, fields]))
  return { debug: log, info: log, warn: log, error: log }
}

function contextOf(title: string): RunContext {
  return {
    spec: 'engine.run-context.v1',
    mode: 'fat',
    tokens: { budget: 32_000, used: 100 },
    omitted: [],
    run: { id: 'run', attempt: 1, wakeReasons: ['assignment'], fence: 1 },
    company: { id: 'company', name: 'Møbel & Söhne' },
    agent: { id: 'agent', name: 'Ada', role: 'engineer', title: null, instructions: 'Be brief.' },
    goals: [{ id: 'goal', title: 'Good chairs 🪑', description: null }],
    task: {
      id: 'task',
      identifier: 'ENG-1',
      title,
      description: null,
      priority: 'medium',
      origin: 'person',
      acceptanceCriteria: ['Nothing wobbles'],
      tags: [],
      context: {},
    },
    comments: [],
    blockers: [],
    feedback: [],
    knowledge: { about: '', entries: [], omitted: [], moreOmitted: 0, usedEmbeddings: false },
    preferences: {},
    interactions: [],
  }
}
