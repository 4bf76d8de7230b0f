import type { z } from 'zod'

import type { JsonObject } from '../kernel/json.ts'
import type { Redactor } from '../kernel/redactor.ts'
import type { AdapterTestReport } from './adapter.ts'
import type { Logger } from './logger.ts'

export const DESTINATION_SPEC = 'engine.destination.v1'

/**
 * A kind of place that events and results are sent to. It sends one delivery once and says what happened; when to send again, in which
 * order and how often is Engine's (PROMISES P13). It never touches the database.
 */
export interface Destination<Config = unknown> {
  readonly spec: typeof DESTINATION_SPEC
  /** The value of a route's `destinationType`. */
  readonly type: string
  readonly title: string
  /** Strict schema of a route's `config`; defaults are filled in by it. */
  readonly configSchema: z.ZodType<Config>
  /** The members of a configuration in which `{ "secret": "NAME" }` may stand; all when left out. */
  readonly secretFields?: readonly string[]
  /**
   * Those of them that are never anything else, such as a password: a value of theirs is refused, only a reference is kept. A member of
   * a member is written as `headers.authorization`; the case of names counts for nothing.
   */
  readonly alwaysSecret?: readonly string[]
  /** Whether it takes several events as one delivery, which routes can then ask for. */
  readonly digests?: boolean
  /** Sends one delivery. Resolves with what happened; rejects only for a defect of the destination. */
  deliver(request: DeliveryRequest<Config>): Promise<DeliveryResult>
  /** Sends a harmless sample with the real secrets, or finds out without sending whether it would work. */
  test(request: DestinationTest<Config>): Promise<AdapterTestReport>
}

export interface DestinationTest<Config> {
  /** With the values of its secrets; never to be logged. */
  readonly config: Config
  readonly signal: AbortSignal
}

export interface DeliveryRequest<Config> {
  /** With the values of its secrets; never to be logged. */
  readonly config: Config
  /** The same in every try of a delivery, for receivers that leave out what they have. */
  readonly deliveryId: string
  /** 1 for the first try. */
  readonly attempt: number
  readonly event: DeliveredEvent
  /** What is sent: the body as the route maps it, text when the route has a template. */
  readonly body: DeliveryBody
  /** Files of a deliverable that the event speaks of. */
  readonly files: readonly DeliveredFile[]
  /**
   * All that is to be told together, oldest first, when the route gathers what it sends; event, body and files are then those of the
   * last one. Only for a destination that `digests`.
   */
  readonly digest?: readonly DigestEntry[]
  /** Aborted when the try takes too long or the host stops; what happens then is up to the receiver, so it is tried again. */
  readonly signal: AbortSignal
  readonly logger: Logger
  /**
   * Blots out the secrets of this route. What a destination answers goes through it anyway; a destination that cuts texts lets them
   * through it first, since half of a value is not found any more.
   */
  readonly redactor: Redactor
  /** W3C headers of the trace that this try is in: `traceparent`, `tracestate`; empty where nothing is traced. */
  readonly trace?: Readonly<Record<string, string>>
}

/** One of several things that are told together. */
export type DigestEntry = Pick<DeliveryRequest<unknown>, 'event' | 'body' | 'files'>

/** The event as its subscribers see it. */
export interface DeliveredEvent {
  readonly id: string
  readonly type: string
  readonly companyId: string
  /** ISO 8601, UTC. */
  readonly occurredAt: string
  readonly data: JsonObject
}

export type DeliveryBody =
  { readonly kind: 'json'; readonly value: JsonObject } | { readonly kind: 'text'; readonly text: string; readonly contentType: string }

export interface DeliveredFile {
  readonly name: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  /** Reads it from its beginning, each time that it is called. */
  open(): AsyncIterable<Uint8Array>
}

export type DeliveryResult =
  /** `response` is what the receiver said, 2 KiB of it at most; `reference` what it calls the delivery: an id, a key. */
  | { readonly kind: 'delivered'; readonly status?: number; readonly response?: string; readonly reference?: string }
  /** It may succeed later, as it is; not before `retryAfterMs` when the receiver said so. */
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly status?: number
      readonly retryAfterMs?: number
      readonly response?: string
    }
  /** It would never succeed as it is: somebody has to look. */
  | { readonly kind: 'parked'; readonly reason: string; readonly status?: number; readonly response?: string }
