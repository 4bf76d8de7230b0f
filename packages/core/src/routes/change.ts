import { requireAtWork } from '../agents/change.ts'
import { groupOf, patternsOf } from '../events/patterns.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { requireProject } from '../projects/sql.ts'
import { acceptWithReferences, findReferences, refuseElsewhere, refusePlain } from '../secrets/references.ts'
import { noteReferences } from '../secrets/uses.ts'
import type { RouteConditions } from './schema.ts'
import { findRoute, setListening, writeRoute } from './sql.ts'
import type { RouteTable } from './table.ts'

/** How many routes a company has at most: those that listen are looked at with each event. */
export const mostRoutes = 200

export async function requireRoute(context: CommandContext, routeId: string): Promise<RouteTable> {
  const route = await findRoute(context.tx, routeId)
  if (!route || route.company_id !== context.companyId || route.removed_at !== null) throw notFound('route', routeId)
  return route
}

/** @throws `rule_violated` for a project or agent that is not there, and for both at once */
export async function requireScope(
  context: CommandContext,
  { projectId, agentId }: { projectId: string | null; agentId: string | null },
): Promise<void> {
  if (projectId !== null && agentId !== null) throw twoScopes()
  if (projectId !== null) await requireProject(context, projectId)
  if (agentId !== null) await requireAtWork(context, { field: 'agentId', agentId })
}

export function twoScopes() {
  return ruleViolated('A route is for a project or for an agent; name one of them, or neither for the whole company.')
}

/** @throws `rule_violated` for an agent that is not there, unless that was the condition before */
export async function requireConditions(context: CommandContext, next: RouteConditions = {}, before: RouteConditions = {}): Promise<void> {
  const { agentId } = next
  if (agentId && agentId !== before.agentId) await requireAtWork(context, { field: 'conditions.agentId', agentId })
}

/** @throws `rule_violated` naming what no event is called */
export function requireEvents({ eventTypes }: CommandContext, named: readonly string[]): string[] {
  const known = new Set(Object.keys(eventTypes).flatMap(patternsOf))
  const unknown = named.filter((pattern) => !known.has(pattern))
  if (unknown.length === 0) return [...new Set(named)]
  const group = unknown[0]?.includes('.') ? groupOf(unknown[0]) : ''
  const near = Object.keys(eventTypes).filter((type) => groupOf(type) === group)
  const advice = near.length > 0 ? `There are ${near.join(', ')}.` : 'Name a type such as task.completed, all of one thing as task.*, or *.'
  throw ruleViolated(`events: there is no event ${unknown.map((name) => `"${name}"`).join(', ')}. ${advice}`, { unknown })
}

/** A configuration as it is stored: as its destination accepts it, with references for secrets. */
export function configColumn(context: CommandContext, type: string, config: object): string {
  const { destinations } = context
  const { secretFields, alwaysSecret } = destinations.get(type)
  refuseElsewhere(config, 'config', secretFields)
  refusePlain(config, 'config', alwaysSecret)
  return JSON.stringify(acceptWithReferences(config, 'config', (masked) => destinations.parseConfig(type, masked)))
}

/** Keeps which secrets a route names; none of one that was removed. */
export async function noteSecrets(context: CommandContext, route: RouteTable): Promise<void> {
  const references = route.removed_at === null ? findReferences(JSON.parse(route.config), 'config') : []
  await noteReferences(context, { routeId: route.id }, references)
}

/** Writes changes to a route that was read in this transaction, and makes it listen to what it then says. */
export async function changeRoute(context: CommandContext, route: RouteTable, changes: Partial<RouteTable>): Promise<RouteTable> {
  const next = await writeRoute(context, route, changes)
  await listen(context, next)
  if (changes.config !== undefined || changes.removed_at !== undefined) await noteSecrets(context, next)
  return next
}

export async function listen({ tx }: CommandContext, route: RouteTable): Promise<void> {
  const patterns: string[] = JSON.parse(route.events)
  await setListening(tx, route, route.is_enabled === 1 && route.removed_at === null ? patterns : [])
}

export function routeRef(route: RouteTable) {
  return { type: 'route' as const, id: route.id, version: route.version }
}

export function aboutRoute(route: RouteTable) {
  return { name: route.name, destinationType: route.destination_type }
}
