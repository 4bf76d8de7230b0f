import type { AnyEvent } from '../kernel/events.ts'
import type { JsonObject } from '../kernel/json.ts'
import { patternsOf } from '../events/patterns.ts'
import { unmetCondition } from '../routing/conditions.ts'
import type { TaskPriority } from '../tasks/schema.ts'
import type { Route } from './schema.ts'

/** What routes ask of the task that an event is about. */
export interface TaskFacts {
  readonly projectId: string | null
  readonly assigneeAgentId: string | null
  readonly priority: TaskPriority
  readonly tags: readonly string[]
  readonly context: JsonObject
}

type Listener = Pick<Route, 'id' | 'projectId' | 'agentId' | 'events' | 'conditions'>
type Told = Pick<AnyEvent, 'type' | 'entity' | 'actor'> & { readonly data: object }

/** The task that an event is about, if it says one. Pure. */
export function taskOf({ entity, data }: Pick<Told, 'entity' | 'data'>): string | null {
  return entity.type === 'task' ? entity.id : textAt(data, 'taskId')
}

function textAt(data: object, name: string): string | null {
  const value: unknown = Object.hasOwn(data, name) ? Reflect.get(data, name) : null
  return typeof value === 'string' ? value : null
}

/** Whether a route needs to know the task. Pure. */
export function asksForTask({ projectId, agentId, conditions }: Listener): boolean {
  return projectId !== null || agentId !== null || Object.keys(conditions).length > 0
}

/** Whether an event is to be sent by a route. Pure. */
export function isMatch(route: Listener, event: Told, task: TaskFacts | null): boolean {
  if (!patternsOf(event.type).some((pattern) => route.events.includes(pattern)) || isEcho(route, event)) return false
  const projectId = task?.projectId ?? (event.entity.type === 'project' ? event.entity.id : textAt(event.data, 'projectId'))
  if (route.projectId !== null && route.projectId !== projectId) return false
  const { agentId, ...conditions } = route.conditions
  const agents = agentsOf(event, task)
  if ([route.agentId, agentId].some((wanted) => wanted && !agents.includes(wanted))) return false
  if (Object.keys(conditions).length === 0) return true
  return task !== null && unmetCondition(conditions, { ...task, labelIds: [], requiredCapabilities: [], preferredAgentId: null }) === null
}

function agentsOf({ entity, data, actor }: Told, task: TaskFacts | null): (string | null)[] {
  const own = entity.type === 'agent' ? entity.id : textAt(data, 'agentId')
  return [own, actor.kind === 'agent' ? actor.id : null, task?.assigneeAgentId ?? null]
}

/**
 * What a route sends is told, which must not be a reason to send: not by the same route, and what is told of sending such an event
 * by no route, or two of them would answer each other for ever.
 */
function isEcho({ id }: Listener, { type, data }: Told): boolean {
  if (!type.startsWith('delivery.')) return false
  return textAt(data, 'routeId') === id || textAt(data, 'eventType')?.startsWith('delivery.') === true
}
