import type { z } from 'zod'

import type { JsonObject } from '../kernel/json.ts'
import type { Logger } from './logger.ts'
import type { RunContext, RunOutcome } from './run-contract.ts'

export const ADAPTER_SPEC = 'engine.adapter.v1'

/**
 * How an agent is executed. An adapter turns a context into a stream of events and one typed outcome; it never touches
 * the database and never decides what a run's end means for its task.
 */
export interface AgentAdapter<Config = unknown> {
  readonly spec: typeof ADAPTER_SPEC
  /** The value of an agent's `adapterType`. */
  readonly type: string
  readonly title: string
  /** Strict schema of an agent's `adapterConfig`; defaults are filled in by it. */
  readonly configSchema: z.ZodType<Config>
  /** When usage is known: before each model call, while the run streams, or only at its end. */
  readonly metering: 'call' | 'stream' | 'final'
  start(options: AdapterStartOptions<Config>): Promise<AdapterSession>
}

export interface AdapterStartOptions<Config> {
  readonly config: Config
  readonly runId: string
  readonly logger: Logger
}

export interface AdapterSession {
  /**
   * Executes one turn. Resolves with the outcome when nothing of the execution is left alive.
   * Rejects only for a defect of the adapter itself; a failing agent is the outcome `failed`.
   */
  run(turn: AdapterTurn): Promise<RunOutcome>
}

export interface AdapterTurn {
  readonly context: RunContext
  /** Aborted when the run is cancelled, times out, loses its lease or the host stops; `signal.reason` says which. */
  readonly signal: AbortSignal
  /** Records one event. Await it: it carries back pressure, and it rejects when the event was refused. */
  emit(event: AdapterEvent): Promise<void>
}

export type AdapterEvent =
  | { type: 'log'; stream: LogStream; text: string }
  | { type: 'progress'; percent: number; message?: string; details?: JsonObject }
  | { type: 'usage'; usage: RunUsage }
  | { type: 'comment'; body: string }
  | { type: 'deliverable'; title: string; summary?: string; content: string; contentType?: string }

export type LogStream = 'stdout' | 'stderr' | 'system'

/** What a run consumed since its last usage event; amounts add up. */
export interface RunUsage {
  inputTokens?: number | undefined
  outputTokens?: number | undefined
  cachedInputTokens?: number | undefined
  /** Micro-dollars, when the adapter knows them. */
  costMicros?: number | undefined
}
