import type { AnyEvent } from '../kernel/events.ts'
import type { JsonObject } from '../kernel/json.ts'
import { Id } from '../kernel/schema.ts'
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

type Kind = 'task' | 'project' | 'agent'

/**
 * The task, project or agent that an event is about: itself, by its id, or as what it is set for, such as the budget of a project.
 * Null when it says none. Pure.
 */
function subjectOf({ entity, data }: Pick<Told, 'entity' | 'data'>, kind: Kind): string | null {
  if (entity.type === kind) return entity.id
  return textAt(data, `${kind}Id`) ?? (textAt(data, 'scope') === kind ? textAt(data, 'scopeId') : null)
}

/** The task that an event is about, if it says one. Pure. */
export function taskOf(event: Pick<Told, 'entity' | 'data'>): string | null {
  return subjectOf(event, 'task')
}

/** The tasks that events are about, each once. What a plugin calls a task may be none. Pure. */
export function taskIdsOf(events: readonly Pick<Told, 'entity' | 'data'>[]): string[] {
  return [...new Set(events.flatMap((event) => Id.safeParse(taskOf(event)).data ?? []))]
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
  const projectId = task?.projectId ?? subjectOf(event, 'project')
  if (route.projectId !== null && route.projectId !== projectId) return false
  const { agentId, ...conditions } = route.conditions
  const agents = agentsOf(event, task)
  if ([route.agentId, agentId].some((wanted) => wanted && !agents.includes(wanted))) return false
  if (Object.keys(conditions).length === 0) return true
  return task !== null && unmetCondition(conditions, { ...task, labelIds: [], requiredCapabilities: [], preferredAgentId: null }) === null
}

function agentsOf(event: Told, task: TaskFacts | null): (string | null)[] {
  const { actor } = event
  return [subjectOf(event, 'agent'), actor.kind === 'agent' ? actor.id : null, task?.assigneeAgentId ?? null]
}

/**
 * What a route sends is told, which must not be a reason to send: not by the same route, and what is told of sending such an event
 * by no route, or two of them would answer each other for ever.
 */
function isEcho({ id }: Listener, { type, data }: Told): boolean {
  if (!type.startsWith('delivery.')) return false
  return textAt(data, 'routeId') === id || textAt(data, 'eventType')?.startsWith('delivery.') === true
}
