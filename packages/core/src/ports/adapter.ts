import type { z } from 'zod'

import type { JsonObject, JsonValue } from '../kernel/json.ts'
import type { Redactor } from '../kernel/redactor.ts'
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
  /**
   * When usage is known: before each model call, while the run streams, or only at its end. Under a hard limit of money `final` needs a
   * cap for each run (`maxCostMicrosPerRun` of the agent). `none` calls no model: nothing is held for it.
   */
  readonly metering: 'call' | 'stream' | 'final' | 'none'
  /** How far spending can pass a limit at worst, and why, in one sentence. */
  readonly overshoot: string
  /**
   * Whom the runs with a configuration depend on, such as the origin of a server, where that is not the same for all of this adapter:
   * when one of them is not let work, those with the same provider wait (docs/failures.md). The configuration is as it is stored, in
   * which a secret is a reference. Pure.
   */
  provider?(config: JsonObject): string | null
  /**
   * The members of a configuration in which secrets may stand; all when left out. An adapter that starts programs names those that
   * never become arguments, since everybody on the machine can read these.
   */
  readonly secretFields?: readonly string[]
  /**
   * Members that are never anything but secrets, such as the key of a provider: a value of theirs is refused, only a reference is kept. A
   * member of a member is written as `headers.authorization`; the case of names counts for nothing.
   */
  readonly alwaysSecret?: readonly string[]
  start(options: AdapterStartOptions<Config>): Promise<AdapterSession>
  /**
   * Whether what called back for a run is its agent, by the signature that it made; left out by adapters whose agents never call back.
   * The configuration is that of the run, with the values of its secrets. What is genuine comes to the run by `AdapterTurn.callbacks`. Pure.
   */
  isGenuine?(callback: SignedCallback<Config>): boolean
  /** Finds out whether a configuration would work, without working on a task: is the program there, does the server know the key. */
  test?(options: AdapterTestOptions<Config>): Promise<AdapterTestReport>
}

/** A request to `POST /api/runs/:runId/callbacks`, as it came. */
export interface SignedCallback<Config> {
  readonly config: Config
  readonly headers: Readonly<Partial<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>>
  readonly body: string
}

export interface AdapterTestOptions<Config> {
  readonly config: Config
  /** What the agent's programs would be given; see AdapterStartOptions. */
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** What was looked at, in the order of looking; it would work when none failed. */
export interface AdapterTestReport {
  readonly checks: readonly {
    readonly name: string
    readonly status: 'passed' | 'warned' | 'failed'
    /** What was found and, when it failed, what would help. Never a secret. */
    readonly message: string
  }[]
}

export interface AdapterStartOptions<Config> {
  /** The agent's configuration with the values of its secrets; never to be logged. */
  readonly config: Config
  readonly runId: string
  /**
   * Variables for the programs of this run: the secrets that are bound to company, project and agent, and the environment of the
   * project. They go before any that the configuration has, and into the environment of programs only, never into arguments.
   */
  readonly env: Readonly<Record<string, string>>
  /**
   * Blots out the secrets of this run. All that an adapter emits and logs goes through it anyway; an adapter that cuts texts lets
   * them through it first, since half of a value is not found any more.
   */
  readonly redactor: Redactor
  readonly logger: Logger
  /** What is held for this run, for programs that have a cap of their own; null when nothing limits it. */
  readonly cap: { readonly costMicros: number } | null
  /** W3C headers of the trace that this run is, for what goes on elsewhere: `traceparent`, `tracestate`; empty where nothing is traced. */
  readonly trace?: Readonly<Record<string, string>>
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
  /** What the last run of this agent for this task left with its last `session` event, for the adapter alone to read; null at first. */
  readonly session: JsonObject | null
  /** What this run may do in Engine while it works, as tools for a model; each call is a command under the run's own rights. */
  readonly tools: readonly AgentTool[]
  /** Holds money before each call of a model; only for adapters whose metering is 'call'. */
  readonly meter: Meter
  /** What its agent calls back; null or left out where nothing takes such calls, as where an adapter is tried by itself. */
  readonly callbacks?: RunCallbacks | null
  /** Aborted when the run is cancelled, times out, loses its lease, has used up its budget or the host stops; `signal.reason` says which. */
  readonly signal: AbortSignal
  /** Records one event. Await it: it carries back pressure, and it rejects when the event was refused. */
  emit(event: AdapterEvent): Promise<void>
}

export interface RunCallbacks {
  /**
   * The body of the next genuine call, in the order in which they were taken; each is given once. Waits until there is one, and rejects
   * when the signal is aborted or the run is over.
   */
  next(signal: AbortSignal): Promise<string>
}

export interface Meter {
  /**
   * Holds what a call can cost at most. Rejects when a budget does not allow it, or when the price is unknown under a hard limit: the
   * call must not be made then, and the run ends as failed of the class `quota`, or `config` for a price that is unknown.
   */
  reserve(call: MeteredCall): Promise<Hold>
}

/** A call of a model that is about to be made. */
export interface MeteredCall {
  readonly provider: string
  readonly model: string
  /** No fewer than the provider will count. */
  readonly inputTokens: number
  /** What the call says that the model may write at most. */
  readonly maxOutputTokens: number
}

/** Money that is held for one call; ended exactly once, by one of these. */
export interface Hold {
  /** What the call consumed; it counts as the usage of the run, which has no usage event for it besides. */
  settle(usage: RunUsage): Promise<void>
  /** The call never reached the provider, or was refused by it. */
  release(): Promise<void>
}

export interface AgentTool {
  /** Letters, digits and underscores, such as `comments_create`. */
  readonly name: string
  readonly description: string
  /** A JSON schema of an object; what the run itself determines (its task, its company) is not in it. */
  readonly inputSchema: JsonObject
  /** Never rejects for what the model got wrong: such an answer is for the model to read. Rejects when the run may no longer act. */
  call(input: JsonValue): Promise<ToolAnswer>
}

export type ToolAnswer =
  { readonly isError: false; readonly output: JsonValue } | { readonly isError: true; readonly code: string; readonly message: string }

export type AdapterEvent =
  | { type: 'log'; stream: LogStream; text: string }
  | { type: 'progress'; percent: number; message?: string; details?: JsonObject }
  | { type: 'usage'; usage: RunUsage }
  | { type: 'comment'; body: string }
  | { type: 'deliverable'; title: string; summary?: string; content: string; contentType?: string }
  /** What the next run of this agent for this task is to start from, such as the id of a conversation; at most 64 KiB of JSON. */
  | { type: 'session'; state: JsonObject | null }
  /** A tool that the agent used by itself, for those who watch. */
  | { type: 'tool_call'; name: string; input?: JsonValue; output?: JsonValue; isError?: boolean; durationMs?: number }

export type LogStream = 'stdout' | 'stderr' | 'system'

/** What a run consumed since its last usage event; amounts add up, unless they are cumulative. */
export interface RunUsage {
  /** Who is paid for it and for which model, where the adapter knows. */
  provider?: string | undefined
  model?: string | undefined
  /** All of them, with those that were read from a cache or written into it. */
  inputTokens?: number | undefined
  outputTokens?: number | undefined
  cachedInputTokens?: number | undefined
  /** Of the input, what the provider keeps for later calls, where that costs something else. */
  cacheWriteTokens?: number | undefined
  /** Micro-dollars, when the adapter knows them. */
  costMicros?: number | undefined
  /** How it is paid for, where the adapter knows: by what was used, by a subscription, or from credits. */
  billingType?: 'metered' | 'subscription' | 'credits' | 'unknown' | undefined
  /**
   * The amounts are all that the session used up to now, by this provider and model, earlier runs included; the engine charges what
   * the session was not charged for yet. Amounts below that are of counters that have begun again.
   */
  cumulative?: boolean | undefined
}
