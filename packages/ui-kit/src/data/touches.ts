import type { AnyEvent } from '@engine/core/contract'

import type { OperationName } from './operations.ts'

type Module<Name extends string> = Name extends `${infer Prefix}.${string}` ? Prefix : never
export type EventKind = Module<AnyEvent['type']>
type Pattern = OperationName | `${Module<OperationName>}.*`

const activity = ['events.*', 'companies.dashboard'] as const
/** What tells how a budget stands. Whom it keeps from starting is not changed by what was spent. */
const spent = ['budgets.get', 'budgets.list', 'budgets.forecast', 'budgets.incidents'] as const

/**
 * What may answer differently once something happened. A kind of event that is missing here does not compile; an operation that is
 * missing shows what was, until its screen is opened again. Whose ids differ from those of the event is left alone (`touched`).
 */
export const touches = {
  agent: ['agents.*', 'approvals.*', 'budgets.agentsWithoutCap', 'routing.*', 'tasks.context', ...activity],
  approval: ['approvals.*', 'agents.*', 'budgets.*', ...activity],
  attachment: ['attachments.*', 'tasks.context', ...activity],
  breaker: ['breakers.*', ...activity],
  budget: ['budgets.*', 'agents.*', 'approvals.*', ...activity],
  comment: ['comments.*', 'tasks.context', ...activity],
  company: ['companies.*', 'events.*'],
  cost: ['costs.*', ...spent, 'runs.get', 'agents.metrics', ...activity],
  deliverable: ['deliverables.*', 'agents.metrics', ...activity],
  delivery: ['deliveries.*', ...activity],
  document: ['documents.*', 'tasks.context', ...activity],
  goal: ['goals.*', ...activity],
  interaction: ['interactions.*', 'tasks.context', ...activity],
  invite: ['invites.*', ...activity],
  key: ['keys.*', ...activity],
  knowledge: ['knowledge.*', ...activity],
  label: ['labels.*', 'tasks.list', 'tasks.get', ...activity],
  member: ['members.*', 'agents.*', ...activity],
  plugin: ['plugins.*', 'approvals.*', 'events.*'],
  preference: ['preferences.*', ...activity],
  price: ['prices.*', ...activity],
  project: ['projects.*', ...activity],
  review: ['deliverables.*', 'agents.metrics', ...activity],
  route: ['routes.*', 'deliveries.*', ...activity],
  routine: ['routines.*', ...activity],
  routing_rule: ['routing.*', ...activity],
  run: ['runs.*', 'secrets.accesses', 'agents.list', 'agents.get', 'agents.tree', ...spent, 'costs.*', ...activity],
  secret: ['secrets.*', ...activity],
  sprint: ['sprints.*', ...activity],
  task: ['tasks.*', 'goals.progress', 'projects.progress', 'sprints.progress', ...activity],
} as const satisfies Record<EventKind, readonly Pattern[]>

/** What one type of event touches, and the others of its kind do not. */
const touchesBesides = {
  // Whose runs a budget of a task is over changes with who has the task.
  'task.assigned': ['budgets.agentsWithoutCap'],
  // What was asked and made for it goes with it.
  'task.deleted': ['interactions.list', 'deliverables.list'],
} as const satisfies { readonly [Type in AnyEvent['type']]?: readonly Pattern[] }

/** What of an event decides whom it concerns. */
export interface Happening {
  readonly type: string
  readonly entity: { readonly type: string; readonly id: string }
  readonly data: Readonly<Record<string, unknown>>
}

/** A question that was asked, and the id of what it answered with. */
export interface Asked {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  readonly answeredId?: string | undefined
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether the answer to a question may be another one after an event. Pure. */
export function touched(event: Happening, asked: Asked): boolean {
  if (!patternsOf(event.type).some((pattern) => covers(pattern, asked.operation))) return false
  const ids = idsOf(event)
  return Object.entries(asked.input).every(([name, value]) => {
    const known = ids.get(name)
    if (known === undefined || typeof value !== 'string') return true
    // By its identifier a task is known once it was answered.
    const id = uuid.test(value) ? value : asked.answeredId
    return id === undefined || id === known
  })
}

/** Whether an event may be about these things, which it knows under the same names. Pure. */
export function isAbout(event: Happening, things: Readonly<Record<string, string>>): boolean {
  const ids = idsOf(event)
  return Object.entries(things).every(([name, id]) => (ids.get(name) ?? id) === id)
}

function patternsOf(type: string): readonly string[] {
  const kind = type.slice(0, type.indexOf('.'))
  // Events of plugins that this version does not know touch what shows all of them.
  const ofKind = Object.entries(touches).find(([name]) => name === kind)?.[1] ?? activity
  return [...ofKind, ...(Object.entries(touchesBesides).find(([name]) => name === type)?.[1] ?? [])]
}

function covers(pattern: string, operation: string): boolean {
  return pattern.endsWith('.*') ? operation.startsWith(pattern.slice(0, -1)) : operation === pattern
}

/** The ids that an event knows, by the names that inputs have for them. */
function idsOf({ entity, data }: Happening): ReadonlyMap<string, string> {
  const ids = new Map<string, string>()
  for (const [name, value] of Object.entries(data)) if (name.endsWith('Id') && typeof value === 'string') ids.set(name, value)
  // What an event is about counts more than what it mentions.
  return ids.set(`${entity.type}Id`, entity.id)
}
