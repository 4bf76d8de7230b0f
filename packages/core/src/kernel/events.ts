import { EventEmitter } from 'eventemitter3'
import type { z } from 'zod'

import type { agentEvents } from '../agents/events.ts'
import type { approvalEvents } from '../approvals/events.ts'
import type { attachmentEvents } from '../attachments/events.ts'
import type { breakerEvents } from '../breakers/events.ts'
import type { budgetEvents } from '../budgets/events.ts'
import type { commentEvents } from '../comments/events.ts'
import type { companyEvents } from '../companies/events.ts'
import type { costEvents } from '../costs/events.ts'
import type { deliverableEvents } from '../deliverables/events.ts'
import type { deliveryEvents } from '../deliveries/events.ts'
import type { documentEvents } from '../documents/events.ts'
import type { goalEvents } from '../goals/events.ts'
import type { inviteEvents } from '../invites/events.ts'
import type { keyEvents } from '../keys/events.ts'
import type { labelEvents } from '../labels/events.ts'
import type { memberEvents } from '../members/events.ts'
import type { pluginEvents } from '../plugins/events.ts'
import type { projectEvents } from '../projects/events.ts'
import type { routeEvents } from '../routes/events.ts'
import type { routingEvents } from '../routing/events.ts'
import type { runEvents } from '../runs/events.ts'
import type { sprintEvents } from '../sprints/events.ts'
import type { taskEvents } from '../tasks/events.ts'
import type { interactionEvents } from '../interactions/events.ts'
import type { secretEvents } from '../secrets/events.ts'
import type { knowledgeEvents } from '../knowledge/events.ts'
import type { routineEvents } from '../routines/events.ts'
import type { preferenceEvents } from '../preferences/events.ts'
import type { priceEvents } from '../prices/events.ts'
import type { Logger } from '../ports/logger.ts'
import type { EntityName } from './locate.ts'

type Schemas = typeof agentEvents &
  typeof approvalEvents &
  typeof attachmentEvents &
  typeof breakerEvents &
  typeof budgetEvents &
  typeof commentEvents &
  typeof companyEvents &
  typeof costEvents &
  typeof deliverableEvents &
  typeof deliveryEvents &
  typeof documentEvents &
  typeof goalEvents &
  typeof interactionEvents &
  typeof inviteEvents &
  typeof keyEvents &
  typeof knowledgeEvents &
  typeof labelEvents &
  typeof memberEvents &
  typeof pluginEvents &
  typeof preferenceEvents &
  typeof priceEvents &
  typeof projectEvents &
  typeof routeEvents &
  typeof routineEvents &
  typeof routingEvents &
  typeof runEvents &
  typeof secretEvents &
  typeof sprintEvents &
  typeof taskEvents

/** Every event type with the shape of its data. */
export type EventData = { [Type in keyof Schemas]: z.output<Schemas[Type]> }
export type EventType = keyof EventData

/** The append-only record of one change: audit log, outbox and live stream are the same row. */
export interface EngineEvent<Type extends EventType = EventType> {
  /** UUIDv7; the same in every delivery of this event. */
  readonly id: string
  /** Position in the log; within one entity it is the order of the commits. */
  readonly seq: number
  readonly companyId: string
  readonly type: Type
  readonly actor: { readonly kind: 'system' | 'user' | 'agent'; readonly id: string; readonly runId: string | null }
  readonly entity: EntityRef
  readonly data: EventData[Type]
  readonly requestId: string | null
  readonly at: string
}

export interface EntityRef {
  readonly type: EntityName
  readonly id: string
  /** The entity's version after this change. */
  readonly version: number
}

/** An event of any type, discriminated by `type`. */
export type AnyEvent = { [Type in EventType]: EngineEvent<Type> }[EventType]

/** An event that has no place in the log yet. */
export type Unsequenced = Omit<AnyEvent, 'seq'>

export type Emit = <Type extends EventType>(type: Type, entity: EntityRef, data: EventData[Type]) => void

export type EventHandler<Type extends EventType> = (event: EngineEvent<Type>) => void | Promise<void>

/** Publishes committed events inside this process. A failing listener is logged and never reaches the command. */
export interface EventBus {
  publish(events: readonly AnyEvent[]): void
  on<Type extends EventType>(type: Type, handler: EventHandler<Type>): () => void
  onAny(handler: (event: AnyEvent) => void): () => void
  /** Says that another process may have committed events of a company; null for any company. */
  hint(companyId: string | null): void
  onHint(handler: (companyId: string | null) => void): () => void
}

/** The channel of hints; no event type is called so. */
const hints = '?'

export function createEventBus(logger: Logger): EventBus {
  const emitter = new EventEmitter<string>()

  function guarded<Received>(handler: (event: Received) => void | Promise<void>) {
    return (event: Received) => {
      const report = (error: unknown) =>
        logger.error('an event listener failed', { error: error instanceof Error ? error.message : typeof error })
      try {
        void Promise.resolve(handler(event)).catch(report)
      } catch (error) {
        report(error)
      }
    }
  }

  function subscribe<Received>(channel: string, handler: (event: Received) => void | Promise<void>) {
    const listener = guarded(handler)
    emitter.on(channel, listener)
    return () => void emitter.off(channel, listener)
  }

  return {
    publish(events) {
      for (const event of events) {
        emitter.emit(event.type, event)
        emitter.emit('*', event)
      }
    },
    hint: (companyId) => void emitter.emit(hints, companyId),
    onHint: (handler) => subscribe(hints, handler),
    on: (type, handler) => subscribe(type, handler),
    onAny: (handler) => subscribe('*', handler),
  }
}
