import type { z } from 'zod'

import type { JsonObject } from '../kernel/json.ts'
import type { Redactor } from '../kernel/redactor.ts'
import type { AdapterTestReport } from './adapter.ts'
import type { Logger } from './logger.ts'

export const DESTINATION_SPEC = 'engine.destination.v1'

/** A kind of place that events are sent to. It never touches the database, and never decides when something is sent again. */
export interface Destination<Config = unknown> {
  readonly spec: typeof DESTINATION_SPEC
  /** The value of a route's `destinationType`. */
  readonly type: string
  readonly title: string
  /** Strict schema of a route's `config`; defaults are filled in by it. */
  readonly configSchema: z.ZodType<Config>
  /** The members of a configuration in which `{ "secret": "NAME" }` may stand; all when left out. */
  readonly secretFields?: readonly string[]
  /** Sends one delivery. Resolves with what happened; rejects only for a defect of the destination. */
  deliver(request: DeliveryRequest<Config>): Promise<DeliveryResult>
  /** Sends a harmless sample with the real secrets, or finds out without sending whether it would work. */
  test(request: DestinationTest<Config>): Promise<AdapterTestReport>
}

export interface DestinationTest<Config> {
  /** With the values of its secrets; never logged. */
  readonly config: Config
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly redactor: Redactor
}

export interface DeliveryRequest<Config> {
  /** With the values of its secrets; never logged. */
  readonly config: Config
  /** The same in every try, for receivers that deduplicate. */
  readonly deliveryId: string
  /** 1, 2, … */
  readonly attempt: number
  readonly event: DeliveredEvent
  /** What is sent: the mapped body; text when the route has a template. */
  readonly body: DeliveryBody
  /** Files of a deliverable that the event speaks of, opened lazily. */
  readonly files: readonly DeliveryFile[]
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly redactor: Redactor
}

/** The event as subscribers see it; `id` is the same in every delivery of it. */
export interface DeliveredEvent {
  readonly id: string
  readonly type: string
  readonly companyId: string
  readonly occurredAt: string
  readonly data: JsonObject
}

export type DeliveryBody =
  { readonly kind: 'json'; readonly value: JsonObject } | { readonly kind: 'text'; readonly text: string; readonly contentType: string }

export interface DeliveryFile {
  readonly name: string
  readonly contentType: string
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

export type DeliveryResult =
  | {
      readonly kind: 'delivered'
      readonly status?: number
      readonly response?: string
      /** Such as the id of a message, or the key of an object. */
      readonly reference?: string
    }
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly status?: number
      readonly retryAfterMs?: number
      readonly response?: string
    }
  /** It would never succeed as it is: a status of 4xx other than 408, 425 and 429. */
  | { readonly kind: 'parked'; readonly reason: string; readonly status?: number; readonly response?: string }
