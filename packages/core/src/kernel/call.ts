import type { TraceContext } from '../ports/telemetry.ts'
import type { Actor } from './actor.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { isStorable } from './input.ts'
import { isRole, roleNames } from './permissions.ts'

/** Where a call comes from, as far as its host knows. */
export interface Caller {
  readonly address: string | null
  readonly userAgent: string | null
}

export const unknownCaller: Caller = { address: null, userAgent: null }

/** How a call is made: by whom, and under which keys. */
export interface Call {
  readonly actor: Actor
  /** Whom its events name, where Engine does for somebody what they may not do themselves. */
  readonly inNameOf?: Actor | undefined
  /** The same key with the same input gives the same answer and one effect, for 24 hours. */
  readonly idempotencyKey?: string | undefined
  /** What it says went through the redactor of its run already, with what came before. */
  readonly isRedacted?: true
  /** Shown in the events of this call. */
  readonly requestId?: string | undefined
  readonly caller?: Caller | undefined
  /** What trace it is a part of. */
  readonly trace?: TraceContext | undefined
}

const kinds: ReadonlySet<unknown> = new Set(['system', 'user', 'agent', 'run', 'node'] satisfies Actor['kind'][])
/** How long an id of an actor may be, which is found by an index, and what a request is called. */
const longest = 255

/**
 * What is wrong with how a call is made; null when nothing is. Hosts say this, and not all of them have types: what they take from a
 * session or a header of theirs ends in rows, where one database would keep it and another not.
 */
export function problemOfCall({ actor, idempotencyKey, requestId }: Call): EngineError | null {
  const { kind, id, roles }: { readonly kind?: unknown; readonly id?: unknown; readonly roles?: unknown } = Object(actor)
  if (!kinds.has(kind))
    return invalid(`Its actor is of the kind "${typeof kind === 'string' ? kind : typeof kind}"; there are ${[...kinds].join(', ')}.`)
  if (!isShortText(id)) return invalid(`The id of its actor is no ${shortText}.`)
  if (kind === 'user' && (typeof roles !== 'object' || roles === null))
    return invalid('Its user has no roles: by the id of a company, or * for all, with {} for somebody who has none.')
  if (kind === 'user' && !Object.values(Object(roles)).every(isRole))
    return invalid(`A role of its user is none of ${roleNames.join(', ')}.`)
  const key: unknown = idempotencyKey
  if (key !== undefined && typeof key !== 'string') return invalid(`Its idempotencyKey is no text but of the type ${typeof key}.`)
  if (requestId !== undefined && !isShortText(requestId)) return invalid(`Its requestId is no ${shortText}.`)
  return null
}

const shortText = `text of 1 to ${longest} characters, without a NUL character or half of a surrogate pair`

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= longest && isStorable(value)
}

function invalid(message: string): EngineError {
  return new EngineError(kernelErrors.invalid_input, `This call can not be made. ${message}`)
}
