import type { JsonObject } from '@engine/core/plugin'

import type { ToolOffer } from '../tools/offers.ts'

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** Null when what the model wrote is no JSON object. */
  readonly input: JsonObject | null
}

export interface ToolResult {
  readonly id: string
  readonly isError: boolean
  readonly text: string
}

/** What the model is told next. */
export type Said = { readonly type: 'text'; readonly text: string } | { readonly type: 'results'; readonly results: readonly ToolResult[] }

/** Why a model stopped: it came to an end or called tools, its output or its context was full, or it will not answer. */
export type StopReason = 'ended' | 'length' | 'context_full' | 'refused'

export interface Answer {
  readonly text: string
  /** Empty unless the model ended by itself: a call that was cut off is none. */
  readonly toolCalls: readonly ToolCall[]
  readonly stop: StopReason
}

export interface Tokens {
  /** All of them, with those that the provider had kept. */
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  /** Of the input, what the provider keeps for later calls, where it says so. */
  readonly cacheWriteTokens?: number
}

export interface CallOptions {
  readonly maxOutputTokens: number
  readonly signal: AbortSignal
  /** Called with all that is to be sent, before it is; when it rejects, nothing is sent. */
  onRequest(request: object): Promise<void>
  /** Called with each piece that the model wrote, also of what is no text, such as the input of a tool. */
  onPiece(piece: string): void
  /** Called with each piece of text; the next is read when it resolves. */
  onText(text: string): Promise<void>
  /** Called with what the call used up to now, each time the provider says it; counts are totals of the call. */
  onTokens(tokens: Tokens): void
}

/** A talk with one model, which remembers what was said in the provider's own form. */
export interface Conversation {
  /** Calls the model once. Rejects with an error that its provider can describe, and when the signal is aborted. */
  call(said: Said, options: CallOptions): Promise<Answer>
}

export interface ConversationStart {
  readonly system: string
  readonly tools: readonly ToolOffer[]
}

/** Facts of a failed call, from fields and never from words. */
export interface CallError {
  readonly status: number | undefined
  /** The provider's own names for what went wrong, the most exact first. */
  readonly codes: readonly string[]
  readonly headers: Headers | undefined
  readonly message: string
  /** Where the cause is a failed connection, its code. */
  readonly connectionCode: string | undefined
  readonly isTimeout: boolean
}

export interface ModelProvider {
  /** As usage names it. */
  readonly name: string
  readonly model: string
  /** What must not stand in a message. */
  readonly secrets: readonly string[]
  open(start: ConversationStart): Conversation
  describe(error: unknown): CallError
}

/** The stream ended, or could not be read, before the answer was whole. */
export class BrokenAnswer extends Error {}

/** What a model wrote as the input of a tool. */
export function parseToolInput(text: string): JsonObject | null {
  // Some models write nothing where there is nothing to say.
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    // What JSON.parse gives and is an object but no array is a JSON object.
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}

const longestAnswer = 4_000_000

/** Collects what a model writes in one call, and ends a call that would not end. */
export class AnswerText {
  readonly #options: Pick<CallOptions, 'onPiece'>
  #length = 0
  #pieces: string[] = []

  constructor(options: Pick<CallOptions, 'onPiece'>) {
    this.#options = options
  }

  add(piece: string): void {
    this.count(piece)
    this.#pieces.push(piece)
  }

  /** Counts what is collected elsewhere, such as the input of a tool. */
  count(piece: string): void {
    this.#length += piece.length
    this.#options.onPiece(piece)
    if (this.#length > longestAnswer) throw new BrokenAnswer(`The answer is longer than ${longestAnswer} characters.`)
  }

  get whole(): string {
    return this.#pieces.join('')
  }
}
