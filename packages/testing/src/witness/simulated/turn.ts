import type { AnyEvent, EngineEvent, EntityRef, EventData, EventType } from '@engine/core'
import type { TaskStatus } from '@engine/core/contract'

import type { CallOutcome, RecordedCall } from '../../history.ts'

export type Fault =
  | 'double_claim'
  | 'reused_fence'
  | 'skipped_fence'
  | 'ended_run_claims'
  | 'zombie_write'
  | 'doubled_end'
  | 'illegal_move'
  | 'lost_update'
  | 'ownerless_task'
  | 'lost_ack'
  | 'effect_of_a_refusal'
  | 'unheard_claim'

export type Verb =
  | 'checkout'
  | 'dispatch'
  | 'heartbeat'
  | 'complete'
  | 'release'
  | 'sweep'
  | 'zombie'
  | 'progress'
  | 'update'
  | 'submit'
  | 'review'
  | 'fail'
  | 'ask'
  | 'answer'
  | 'block'
  | 'pause'
  | 'route'

export interface Step {
  readonly verb: Verb
  readonly task: number
  /** Decides what the verb leaves open; 0 to 11. */
  readonly choice: number
  /** How long before and after its moment the call was under way, in steps. */
  readonly before: number
  readonly after: number
}

export interface Plan {
  readonly steps: readonly Step[]
  readonly withRequestIds?: boolean
  readonly fault?: Fault
  /** The step from which on the first occasion for the fault is taken. */
  readonly faultFrom?: number
}

export interface Entity {
  readonly id: string
  version: number
}

export interface Task extends Entity {
  status: TaskStatus
  fence: number
  isAssigned: boolean
  owner: Entity | null
  /** Whether anybody was told who the owner is; nobody else has its credential. */
  isOwnerHeard: boolean
  queued: Entity | null
  /** The run that waits for an answer, with what it asked. */
  waiting: { readonly run: Entity; readonly interaction: Entity } | null
  /** The run that got its answer, and is queued again. */
  resumed: Entity | null
  deliverable: Entity | null
  readonly ended: Entity[]
}

export interface Simulation {
  plan: Plan
  events: AnyEvent[]
  history: RecordedCall[]
  tasks: Task[]
  agent: Entity & { status: 'idle' | 'paused' }
  faultAt: number | null
}

/** One step under way. */
export interface Turn {
  readonly simulation: Simulation
  readonly index: number
  readonly step: Step
  readonly task: Task
  readonly requestId: string | null
}

/** A person, Engine's own loops, or a run. */
export type By = 'board' | 'system' | Entity

/** Takes the occasion for the fault that was planned, once. */
export function strikes(turn: Turn, fault: Fault): boolean {
  const { plan, faultAt } = turn.simulation
  if (plan.fault !== fault || faultAt !== null || turn.index < (plan.faultFrom ?? 0)) return false
  turn.simulation.faultAt = turn.index
  return true
}

export function emit<Type extends EventType>(
  turn: Turn,
  type: Type,
  given: { data: EventData[Type]; on?: Entity | undefined; by?: By | undefined },
): void {
  const { simulation, index, task } = turn
  const { on = task, by = 'board' } = given
  const event: EngineEvent<Type> = {
    id: `event-${simulation.events.length}`,
    seq: (simulation.events.length + 1) * 2,
    companyId: 'company',
    type,
    actor: actorOf(by),
    // The part before the dot names the entity, in the types that are made here.
    entity: { type: type.slice(0, type.indexOf('.')) as EntityRef['type'], id: on.id, version: on.version },
    data: given.data,
    requestId: by === 'system' ? null : turn.requestId,
    at: new Date(index).toISOString(),
  }
  // `type` and `data` belong together by the signature.
  simulation.events.push(event as AnyEvent)
}

function actorOf(by: By): AnyEvent['actor'] {
  if (by === 'board') return { kind: 'user', id: 'board', runId: null }
  if (by === 'system') return { kind: 'system', id: 'system', runId: null }
  return { kind: 'agent', id: 'agent', runId: by.id }
}

interface Call {
  readonly operation: string
  readonly input: unknown
  readonly answer?: unknown
  readonly refusal?: { code: string; details: unknown }
  readonly isUnknown?: boolean
  readonly run?: Entity | undefined
  readonly isAnonymous?: boolean
}

/** Notes what the caller of this step saw. */
export function note(turn: Turn, call: Call): void {
  const { index, step, simulation } = turn
  simulation.history.push({
    id: `call-${index}`,
    process: `client ${index % 4}`,
    operation: call.operation,
    input: call.input,
    requestId: call.isAnonymous ? null : turn.requestId,
    runId: call.run?.id ?? null,
    calledAt: index - step.before - 0.4,
    outcome: outcomeOf(call, index + step.after + 0.4),
  })
}

function outcomeOf(call: Call, returnedAt: number): CallOutcome {
  if (call.isUnknown) return { status: 'unknown', returnedAt, code: null }
  if (call.refusal) return { status: 'refused', returnedAt, ...call.refusal }
  return { status: 'acked', returnedAt, answer: call.answer }
}

/** The owner, if it can act. */
export function worker({ owner, isOwnerHeard }: Task): Entity | null {
  return isOwnerHeard ? owner : null
}

export function shown({ id, version, status }: Task) {
  return { id, version, status }
}
