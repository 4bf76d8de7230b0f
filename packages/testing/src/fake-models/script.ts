import type { JsonObject } from '@engine/core/plugin'

/** What the fake model says to one call. */
export interface FakeReply {
  /** In one piece, or in the pieces that are given. */
  readonly text?: string | Iterable<string>
  /** `input` as text stands as it is, so that a model can write what is no JSON. */
  readonly toolCalls?: readonly { readonly name: string; readonly input: JsonObject | string }[]
  /** Why it stops; at the end of what it had to say when left out. */
  readonly stop?: 'ended' | 'length' | 'context_full' | 'refused'
  /** Left out, a few tokens; null when this server counts none. `inputTokens` are all, with the cached ones. */
  readonly usage?: FakeUsage | null
  /** An error in the middle of the stream, after the text. */
  readonly streamError?: { readonly code: string; readonly message?: string }
  readonly delivery?: FakeDelivery
}

export interface FakeUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
}

/** How the events of a reply travel. The numbers count events of the stream. */
export interface FakeDelivery {
  /** Nothing is sent before this resolves. */
  readonly waitFor?: Promise<unknown>
  /** So many bytes at a time, which splits characters too. */
  readonly bytesAtOnce?: number
  /** The connection is reset then. */
  readonly cutAfter?: number
  /** The answer ends then, as if it were whole. */
  readonly endAfter?: number
  /** Nothing more is sent then, until the client leaves. */
  readonly hangAfter?: number
}

/** An answer that is no stream: an error of the provider, or of what stands before it. */
export interface FakeRefusal {
  readonly status: number
  /** The provider's own name of the error. */
  readonly code?: string
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Google's: what stands in `error.details`. */
  readonly details?: readonly JsonObject[]
}

/** A stream as it stands. */
export interface FakeRaw {
  readonly raw: string
}

export type FakeAnswer = FakeReply | FakeRefusal | FakeRaw

/** A call as the fake got it. */
export interface FakeCall {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: JsonObject
  /** The body as it was sent. */
  readonly text: string
}

/** One answer for all calls, one for each of them in their order, or what a function makes of a call. */
export type FakeAnswers = FakeAnswer | readonly FakeAnswer[] | ((call: FakeCall) => FakeAnswer | Promise<FakeAnswer>)

export interface FakeModelOptions {
  readonly answers?: FakeAnswers
  /** The keys that it knows; without this it asks for none. */
  readonly keys?: readonly string[]
  /** The models that it offers; it does the work of any. */
  readonly models?: readonly string[]
}

/** A server on 127.0.0.1 that speaks a provider's protocol and says what a test tells it. */
export interface FakeModel extends AsyncDisposable {
  /** What an adapter is given as its base URL. */
  readonly baseUrl: string
  /** What it says to calls from now on. */
  answers: FakeAnswers
  /** The calls of the model, oldest first. */
  readonly calls: readonly FakeCall[]
  /** Requests that are being answered. */
  readonly openRequests: number
  /** How much of its answers the network has taken. */
  readonly sentBytes: number
  close(): Promise<void>
}

/** What differs from provider to provider. */
export interface Wire {
  /** Ends in the path that clients add to by themselves. */
  readonly basePath: string
  /** How a key is refused that nobody knows; 401 when left out. */
  readonly unknownKeyStatus?: number
  /** Whether this is a call of the model. */
  isCall(path: string): boolean
  /** What is wrong with a call, as the provider would say it. */
  fault(call: FakeCall): string | null
  events(reply: FakeReply, call: FakeCall): Iterable<string>
  error(refusal: FakeRefusal): JsonObject
  model(id: string): JsonObject
}

export function piecesOf({ text = [] }: FakeReply): Iterable<string> {
  return typeof text === 'string' ? [text] : text
}

export function usageOf({ usage }: FakeReply): Required<FakeUsage> | null {
  if (usage === null) return null
  return { inputTokens: 12, outputTokens: 5, cachedInputTokens: 0, ...usage }
}

/** In two pieces, as models write it. */
export function inputPieces(input: JsonObject | string): string[] {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)].filter((piece) => piece !== '')
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
