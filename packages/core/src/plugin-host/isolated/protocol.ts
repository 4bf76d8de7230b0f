import type { JsonObject, JsonValue } from '../../kernel/json.ts'

/** What an isolated plugin is asked to do; each is a function that its module exports under the same name. */
export type CallKind = 'operations' | 'subscribe' | 'jobs' | 'webhooks'

/** From Engine to the process of a plugin, one line of JSON each. */
export type ToPlugin =
  | { readonly call: number; readonly kind: CallKind; readonly name: string; readonly place: Place; readonly input: JsonValue }
  | { readonly answer: number; readonly value: JsonValue }
  | { readonly answer: number; readonly error: Failure }
  | { readonly ping: number }

/** In which company it works, and how it is configured there. */
interface Place {
  readonly companyId: string
  readonly config: JsonObject
  readonly now: string
}

export interface Failure {
  readonly code: string
  readonly message: string
}

/** From the process of a plugin to Engine. Nothing in it is believed before it was looked at. */
export type FromPlugin =
  | { readonly call: number; readonly value: JsonValue }
  | { readonly call: number; readonly error: string }
  | { readonly ask: number; readonly during: number; readonly what: string; readonly with: JsonObject }
  | { readonly pong: number }
  | { readonly ready: true }

/** Reads one line. @returns null for what is no message */
export function readMessage(line: string): FromPlugin | null {
  try {
    const message: unknown = JSON.parse(line)
    if (typeof message !== 'object' || message === null) return null
    const isNumber = (field: string) => Number.isSafeInteger(Reflect.get(message, field))
    const isAnswer = isNumber('call') && ('value' in message || typeof Reflect.get(message, 'error') === 'string')
    const asked: unknown = Reflect.get(message, 'with')
    const isAsk = isNumber('ask') && isNumber('during') && typeof Reflect.get(message, 'what') === 'string'
    const isProper =
      isAnswer || (isAsk && typeof asked === 'object' && asked !== null) || isNumber('pong') || Reflect.get(message, 'ready') === true
    // Each of its forms was looked for just now.
    return isProper ? (message as FromPlugin) : null
  } catch {
    return null
  }
}

/** Bytes of one message at most, in both directions. */
export const longestMessage = 1024 * 1024
