import type { TraceContext } from '../ports/telemetry.ts'
import type { Actor } from './actor.ts'

/** How a call is made: by whom, and under which keys. */
export interface Call {
  readonly actor: Actor
  /** The same key with the same input gives the same answer and one effect, for 24 hours. */
  readonly idempotencyKey?: string | undefined
  /** What it says went through the redactor of its run already, with what came before. */
  readonly isRedacted?: true
  /** Shown in the events of this call. */
  readonly requestId?: string | undefined
  /** What trace it is a part of. */
  readonly trace?: TraceContext | undefined
}
