import { z } from 'zod'

import { cancelDeliveries, parkedOfRoute } from '../deliveries/sql.ts'
import { replayAll } from '../deliveries/replay.ts'
import { assertVersion, changedFields, fieldNames, otherThan } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'
import { Flag, Id } from '../kernel/schema.ts'
import {
  aboutRoute,
  changeRoute,
  configColumn,
  listen,
  mostRoutes,
  noteSecrets,
  requireConditions,
  requireEvents,
  requireRoute,
  requireScope,
  routeRef,
  twoScopes,
} from './change.ts'
import { digestColumn, followDigest } from './digest.ts'
import { assertTemplates } from './render.ts'
import { RetryPolicy, Route, RouteInput } from './schema.ts'
import { countRoutes } from './sql.ts'
import { toRoute, type RouteTable } from './table.ts'

const scopeInput = {
  projectId: Id.nullable().optional().describe('Only what is of this project.'),
  agentId: Id.nullable().optional().describe('Only what is about this agent, its work, or a task that is assigned to it.'),
}

export const create = command({
  title: 'Send events somewhere',
  description: 'From then on: what has happened before is not sent. Each event is sent at least once, with the same id in every try.',
  input: z.strictObject({ companyId: Id, ...scopeInput, ...RouteInput, isEnabled: Flag.optional() }),
  output: Route,
  access: { scope: 'routes:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/routes'],
  creates: true,
  async handle(context, input) {
    const { projectId = null, agentId = null, mapping = null, template = null } = input
    await requireScope(context, { projectId, agentId })
    await requireConditions(context, input.conditions)
    assertTemplates({ mapping, template })
    if ((await countRoutes(context.tx, context.companyId)) >= mostRoutes)
      throw ruleViolated(`This company has ${mostRoutes} routes already; delete one, or let one listen to more.`)
    const row: RouteTable = {
      id: context.newId(),
      company_id: context.companyId,
      project_id: projectId,
      agent_id: agentId,
      name: input.name,
      events: JSON.stringify(requireEvents(context, input.events)),
      conditions: JSON.stringify(input.conditions ?? {}),
      destination_type: input.destinationType,
      config: configColumn(context, input.destinationType, input.config ?? {}),
      mapping: jsonColumn(mapping),
      template: jsonColumn(template),
      retry: JSON.stringify(input.retry ?? RetryPolicy.parse({})),
      digest: digestColumn(context, input.destinationType, input.digest ?? null),
      is_enabled: input.isEnabled === false ? 0 : 1,
      removed_at: null,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('routes').values(row).execute()
    await listen(context, row)
    await noteSecrets(context, row)
    context.emit('route.created', routeRef(row), { ...aboutRoute(row), events: JSON.parse(row.events), projectId, agentId })
    return toRoute(row)
  },
})

export const update = command({
  title: 'Change a route',
  description:
    'Only what is named changes; conditions, config and mapping are replaced as a whole. What waits is sent by what the route then says. With `version`, only if nobody has changed it since.',
  input: z.strictObject({
    routeId: Id,
    version: z.number().int().optional(),
    ...scopeInput,
    ...z.object(RouteInput).partial().shape,
  }),
  output: Route,
  access: { scope: 'routes:manage', company: 'route' },
  http: ['PATCH', '/routes/:routeId'],
  async handle(context, input) {
    const route = await requireRoute(context, input.routeId)
    assertVersion('route', route, input.version)
    const named = await namedColumns(context, route, input)
    const changes = Object.fromEntries(Object.entries(named).filter(([column, value]) => !isSame(value, Reflect.get(route, column))))
    if (Object.keys(changes).length === 0) {
      context.unchanged()
      return toRoute(route)
    }
    const next = await changeRoute(context, route, changes)
    if (changes.digest !== undefined) await followDigest(context.tx, next, context.now)
    context.emit('route.updated', routeRef(next), { changed: fieldNames(changes) })
    return toRoute(next)
  },
})

type Change = z.output<typeof update.input>

/** The columns that a change names, as they would be stored. */
async function namedColumns(context: CommandContext, route: RouteTable, input: Change): Promise<Partial<RouteTable>> {
  const { projectId, agentId, events, conditions, mapping, template, retry, name } = input
  // Who writes back what they read names an agent again that may be terminated by now.
  const others = { projectId: otherThan(route.project_id, projectId), agentId: otherThan(route.agent_id, agentId) }
  if (projectId && agentId) throw twoScopes()
  await requireScope(context, { projectId: others.projectId ?? null, agentId: others.agentId ?? null })
  await requireConditions(context, conditions, toRoute(route).conditions)
  if (mapping !== undefined || template !== undefined) assertTemplates({ mapping: mapping ?? null, template: template ?? null })
  const destinationType = input.destinationType ?? route.destination_type
  const isOther = destinationType !== route.destination_type
  // Another destination needs a configuration of its own.
  const config = input.config ?? (isOther ? {} : undefined)
  const digest = input.digest === undefined && isOther ? toRoute(route).digest : input.digest
  const columns = changedFields({
    // A route has one scope: who names one of them moves it there.
    project_id: agentId ? null : projectId,
    agent_id: projectId ? null : agentId,
    name,
    events: events && JSON.stringify(requireEvents(context, events)),
    conditions: conditions && JSON.stringify(conditions),
    destination_type: input.destinationType,
    config: config && configColumn(context, destinationType, config),
    mapping: mapping === undefined ? undefined : jsonColumn(mapping),
    template: template === undefined ? undefined : jsonColumn(template),
    retry: retry && JSON.stringify(retry),
    digest: digest === undefined ? undefined : digestColumn(context, destinationType, digest),
  })
  return columns
}

function jsonColumn(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

/** Whether a column would be what it is: JSON of equal meaning is equal, however a database writes it. */
function isSame(next: unknown, present: unknown): boolean {
  if (next === present) return true
  return isJson(next) && isJson(present) && canonicalJson(JSON.parse(next)) === canonicalJson(JSON.parse(present))
}

function isJson(value: unknown): value is string {
  return typeof value === 'string' && /^[[{]/.test(value)
}

export const enable = command({
  title: 'Let a route send again',
  description: 'What waited since it was disabled is sent first. What happened meanwhile is not.',
  input: z.strictObject({ routeId: Id }),
  output: Route,
  access: { scope: 'routes:manage', company: 'route' },
  http: ['POST', '/routes/:routeId/enable'],
  handle: (context, { routeId }) => setEnabled(context, routeId, true),
})

export const disable = command({
  title: 'Stop a route',
  description: 'Nothing more is sent, and no event is taken. What waits is held until it is enabled again.',
  input: z.strictObject({ routeId: Id }),
  output: Route,
  access: { scope: 'routes:manage', company: 'route' },
  http: ['POST', '/routes/:routeId/disable'],
  handle: (context, { routeId }) => setEnabled(context, routeId, false),
})

async function setEnabled(context: CommandContext, routeId: string, isEnabled: boolean): Promise<Route> {
  const route = await requireRoute(context, routeId)
  if ((route.is_enabled === 1) === isEnabled) {
    context.unchanged()
    return toRoute(route)
  }
  const next = await changeRoute(context, route, { is_enabled: isEnabled ? 1 : 0 })
  context.emit(isEnabled ? 'route.enabled' : 'route.disabled', routeRef(next), aboutRoute(next))
  return toRoute(next)
}

export const replay = command({
  title: 'Send again what a route gave up',
  description: 'Up to 200 parked deliveries, the oldest first; `remaining` says whether there are more.',
  input: z.strictObject({ routeId: Id }),
  output: z.object({ replayed: z.number().int(), remaining: z.boolean() }),
  access: { scope: 'routes:manage', company: 'route' },
  http: ['POST', '/routes/:routeId/replay'],
  async handle(context, { routeId }) {
    const route = await requireRoute(context, routeId)
    const parked = await parkedOfRoute(context.tx, { companyId: context.companyId, routeId: route.id, limit: mostReplayed + 1 })
    const replayed = await replayAll(context, parked.slice(0, mostReplayed))
    if (replayed === 0) context.unchanged()
    return { replayed, remaining: parked.length > mostReplayed }
  },
})

const mostReplayed = 200

const remove = command({
  title: 'Delete a route',
  description: 'What waits there is cancelled; what was sent can still be looked at.',
  input: z.strictObject({ routeId: Id }),
  output: Route,
  access: { scope: 'routes:manage', company: 'route' },
  http: ['DELETE', '/routes/:routeId'],
  async handle(context, { routeId }) {
    const route = await requireRoute(context, routeId)
    const { companyId, now } = context
    const next = await changeRoute(context, route, { is_enabled: 0, removed_at: now })
    const cancelled = await cancelDeliveries(context.tx, { companyId, routeId: route.id, now })
    context.emit('route.deleted', routeRef(next), { ...aboutRoute(next), cancelled })
    return toRoute(next)
  },
})
export { remove as delete }
