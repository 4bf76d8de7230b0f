import type { FailureClass, JsonValue, RunUsage } from '@engine/core/plugin'

/** What one line of a program says, in words that are the same for all programs. */
export type Fact =
  /** The conversation that this run is, by the id that resumes it. */
  | { readonly type: 'session'; readonly id: string }
  /** What the agent says. `continues`: it goes on from the text before. */
  | { readonly type: 'text'; readonly text: string; readonly continues: boolean }
  /** The model is asked again: what it said before was not its last word. */
  | { readonly type: 'step' }
  | { readonly type: 'tool_started'; readonly id: string; readonly name: string; readonly input?: JsonValue | undefined }
  | {
      readonly type: 'tool_ended'
      readonly id: string
      readonly output?: JsonValue | undefined
      readonly isError: boolean
      readonly durationMs?: number | undefined
    }
  /** What one model call or step used: it is charged as it is. */
  | { readonly type: 'usage'; readonly usage: RunUsage }
  /** What one model call used as far as is known before its totals come; `call` tells calls apart. Charged only if they never come. */
  | { readonly type: 'provisional_usage'; readonly call: string; readonly usage: RunUsage }
  /** How the program is paid for, where it says so. */
  | { readonly type: 'billing'; readonly billingType: NonNullable<RunUsage['billingType']> }
  /** What the whole conversation has used so far, earlier runs included, by model. */
  | { readonly type: 'totals'; readonly provider?: string; readonly totals: Totals }
  /** The work is finished. Without a text, the last thing said is the result. The last of result and failure stands. */
  | { readonly type: 'result'; readonly text?: string | undefined }
  /** One of the class `unknown` adds nothing to what an earlier one said. */
  | {
      readonly type: 'failure'
      readonly class: FailureClass
      readonly message: string
      readonly retryAfterMs?: number | undefined
      /** The server of the provider failed, whatever was asked. */
      readonly isProviderFault?: boolean
    }
  /** Until when a limit of the provider lasts, in milliseconds since 1970. */
  | { readonly type: 'wait'; readonly untilMs: number }
  /** For those who watch. */
  | { readonly type: 'notice'; readonly text: string }

export interface Counters {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly cacheWriteTokens?: number
  /** Null where the program names no cost. */
  readonly costMicros: number | null
}

/** By model; an empty name where it is not known. */
export type Totals = Readonly<Record<string, Counters>>

/** What became of a call to a model provider, by the HTTP status of its answer. */
export function failureOfStatus(status: number, message: string): Extract<Fact, { type: 'failure' }> {
  return { type: 'failure', class: classOfStatus(status), message, ...(status >= 500 && { isProviderFault: true }) }
}

function classOfStatus(status: number): FailureClass {
  if (status === 401 || status === 403) return 'auth'
  if (status === 402) return 'quota'
  if (status === 404) return 'config'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 429) return 'rate_limited'
  if (status === 503 || status === 529) return 'overloaded'
  if (status >= 400 && status < 500) return 'bad_request'
  return status >= 500 ? 'transient' : 'unknown'
}

/** Micro-dollars of a cost in dollars. */
export function toMicros(dollars: number): number {
  return Math.max(0, Math.round(dollars * 1_000_000))
}
