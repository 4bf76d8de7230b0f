import type { TraceContext } from '../ports/telemetry.ts'
import type { Actor } from './actor.ts'

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
