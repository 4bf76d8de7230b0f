import { z } from 'zod'

import { command, query, type AnyDefinition } from '../kernel/command.ts'
import type { Host } from '../kernel/host.ts'
import { explainDatabaseError } from '../kernel/constraints.ts'
import { EngineError } from '../kernel/errors.ts'
import type { EngineModule } from '../kernel/registry.ts'
import { isWorthAnother } from '../kernel/transaction.ts'
import { pluginErrors } from '../plugins/errors.ts'
import type { Logger } from '../ports/logger.ts'
import { inTime } from './in-time.ts'
import { commandContext, queryContext } from './inside.ts'
import type { PluginCommand, PluginDefinition, PluginQuery } from './types.ts'
import { inCompany, type RunningPlugin } from './work.ts'

/** What operations of plugins run on, which is there once the engine is. */
export interface Running {
  readonly host: () => Host
  readonly logger: () => Logger
  readonly signal: AbortSignal
  find(id: string): RunningPlugin
}

/** A plugin as a module of the registry: its operations get route, tool, verb and description like all others. */
export function toModule(plugin: PluginDefinition, running: Running): EngineModule {
  const { id, commands = {}, queries = {}, events = {}, errors = {} } = plugin
  const operations: Record<string, AnyDefinition> = {}
  for (const [verb, definition] of Object.entries(queries)) operations[verb] = toQuery([id, verb], definition, running)
  for (const [verb, definition] of Object.entries(commands)) operations[verb] = toCommand([id, verb], definition, running)
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

/** An operation by its plugin and its verb. */
type Name = readonly [id: string, verb: string]

/** The input as the plugin declared it. */
function ownInput(input: Readonly<Record<string, unknown>>): unknown {
  const { companyId: _, ...own } = input
  return own
}

function toQuery([id, verb]: Name, definition: PluginQuery, running: Running): AnyDefinition {
  return query({
    ...described(id, definition),
    async handle(context, input) {
      const given = await queryContext(running.host(), running.find(id), context)
      // A definition made by `pluginKit` has a context and an input of these shapes.
      const work = async () => definition.handle(given as never, ownInput(input) as never)
      return answerOf(running, { id, verb, companyId: context.companyId, output: definition.output }, work())
    },
  })
}

function toCommand([id, verb]: Name, definition: PluginCommand, running: Running): AnyDefinition {
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
        }).catch((error: unknown) => fail(running, { id, verb, companyId: context.companyId }, error)),
      needsOwnTransaction: 'the plugin works outside of it first, as long as it takes',
    }),
    async handle(context, input, prepared) {
      const host = running.host()
      const over = new AbortController()
      const given = await commandContext(host, running.find(id), { context, over: over.signal })
      // As for a query; what was prepared is of the same definition.
      const work = async () => definition.handle(given as never, ownInput(input) as never, prepared as never)
      // Others wait for the locks of this transaction.
      const inItsTime = inTime(host.clock, host.settings.pluginCommandMs, work())
      return answerOf(running, { id, verb, companyId: context.companyId, output: definition.output }, inItsTime).finally(() => over.abort())
    },
  })
}

interface Asked {
  readonly id: string
  readonly verb: string
  readonly companyId: string
}

/** What an operation of a plugin answers, when that is what it declares. @throws what it says no with, `plugin_failed` */
async function answerOf(running: Running, { output, ...asked }: Asked & { output: z.ZodType }, work: Promise<unknown>): Promise<unknown> {
  try {
    const answer = await work
    const fits = await output.safeParseAsync(answer)
    if (!fits.success) throw new Error(`it answered with something else than it declares: ${z.prettifyError(fits.error)}`)
    return answer
  } catch (error) {
    return fail(running, asked, error)
  }
}

/** Tells admins and whoever runs the program of a defect of a plugin; who called it can do nothing about that. @throws */
function fail(running: Running, { id, verb, companyId }: Asked, error: unknown): never {
  // What Engine, the database or the plugin itself refuses says what would work, and what only happened to be in between is tried again.
  if (EngineError.isInstance(explainDatabaseError(error)) || isWorthAnother(error)) throw error
  const operation = `${id}.${verb}`
  const why = error instanceof Error ? error.message : String(error)
  running.logger().error('an operation of a plugin failed', { operation, companyId, error: error instanceof Error ? error.stack : why })
  // Once the transaction is over; where the plugin can say nothing any more, nobody reads it.
  void inCompany(running.host(), running.find(id), {
    companyId,
    signal: running.signal,
    work: async ({ log }) => log.error(`${operation} failed: ${why}`),
  }).catch(() => undefined)
  throw new EngineError(pluginErrors.plugin_failed, `The plugin ${id} failed at ${operation}; its log says why.`, {
    details: { plugin: id, operation },
    cause: error,
  })
}
