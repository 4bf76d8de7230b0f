import { command, query, type AnyDefinition } from '../kernel/command.ts'
import type { Host } from '../kernel/host.ts'
import type { EngineModule } from '../kernel/registry.ts'
import { commandContext, queryContext } from './inside.ts'
import type { PluginCommand, PluginDefinition, PluginQuery } from './types.ts'
import { inCompany, type RunningPlugin } from './work.ts'

/** What operations of plugins run on, which is there once the engine is. */
export interface Running {
  readonly host: () => Host
  readonly signal: AbortSignal
  find(id: string): RunningPlugin
}

/** A plugin as a module of the registry: its operations get route, tool, verb and description like all others. */
export function toModule(plugin: PluginDefinition, running: Running): EngineModule {
  const { id, commands = {}, queries = {}, events = {}, errors = {} } = plugin
  const operations: Record<string, AnyDefinition> = {}
  for (const [verb, definition] of Object.entries(queries)) operations[verb] = toQuery(id, definition, running)
  for (const [verb, definition] of Object.entries(commands)) operations[verb] = toCommand(id, definition, running)
  return { name: id, operations, events, errors }
}

function described(id: string, { title, description, input, output, access, http, mcp }: PluginQuery | PluginCommand) {
  return {
    title,
    input,
    output,
    access: { scope: access, company: 'company' as const },
    ...(description !== undefined && { description }),
    ...(mcp !== undefined && { mcp }),
    ...(http && { http: [http[0], pathOf(id, http[1])] as const }),
  }
}

function pathOf(id: string, path: `/${string}`): `/${string}` {
  return `/companies/:companyId/${id}${path === '/' ? '' : path}`
}

/** The operations of a plugin that have a route, for who calls them without knowing the plugin. */
export function routesOf({ id, commands = {}, queries = {} }: PluginDefinition): { name: string; route: string }[] {
  return Object.entries<PluginQuery | PluginCommand>({ ...queries, ...commands }).flatMap(([verb, { http }]) =>
    http ? [{ name: `${id}.${verb}`, route: `${http[0]} ${pathOf(id, http[1])}` }] : [],
  )
}

/** The input as the plugin declared it. */
function ownInput(input: Readonly<Record<string, unknown>>): unknown {
  const { companyId: _, ...own } = input
  return own
}

function toQuery(id: string, definition: PluginQuery, running: Running): AnyDefinition {
  return query({
    ...described(id, definition),
    async handle(context, input) {
      const given = await queryContext(running.host(), running.find(id), context)
      // A definition made by `pluginKit` has a context and an input of these shapes.
      return definition.handle(given as never, ownInput(input) as never)
    },
  })
}

function toCommand(id: string, definition: PluginCommand, running: Running): AnyDefinition {
  const { creates, prepare } = definition
  return command({
    ...described(id, definition),
    ...(creates !== undefined && { creates }),
    ...(prepare && {
      prepare: async (context, input) =>
        inCompany(running.host(), running.find(id), {
          companyId: context.companyId,
          signal: running.signal,
          work: (work) => prepare.call(definition, work, ownInput(input) as never),
        }),
      needsOwnTransaction: 'the plugin works outside of it first, as long as it takes',
    }),
    async handle(context, input, prepared) {
      const given = await commandContext(running.host(), running.find(id), context)
      // As for a query; what was prepared is of the same definition.
      return definition.handle(given as never, ownInput(input) as never, prepared as never)
    },
  })
}
