import type { Kysely } from 'kysely'
import { z } from 'zod'

import { createApi, type Api } from '../api.ts'
import type { Database } from '../database/tables.ts'
import type { Actor } from '../kernel/actor.ts'
import type { CommandContext, QueryContext } from '../kernel/command.ts'
import { EngineError, ruleViolated } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Host } from '../kernel/host.ts'
import { parseInput } from '../kernel/input.ts'
import type { JsonObject } from '../kernel/json.ts'
import { Id } from '../kernel/schema.ts'
import { requireActive, standingOf } from '../plugins/active.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { findPluginByName } from '../plugins/sql.ts'
import type { PluginTable } from '../plugins/table.ts'
import { inTime } from './in-time.ts'
import { stateInside } from './state.ts'
import { ownTables } from './tables.ts'
import type { PluginCommandContext, PluginPolicyContext, PluginQueryContext } from './types.ts'
import { pluginActor, type RunningPlugin } from './work.ts'

/** What a query of a plugin may use. @throws why it does not work in this company */
export async function queryContext(host: Host, plugin: RunningPlugin, context: QueryContext): Promise<PluginQueryContext> {
  const { companyId, now, db } = context
  const actor = shownActor(context.actor)
  const { config } = await requireActive(db, plugin.loaded, companyId)
  const tables = ownTables(db, { plugin: plugin.definition.id, companyId })
  return withEngine({ companyId, actor, now, config, tables }, () => reader(host, plugin, { db, companyId }))
}

/** A command of a plugin: what it asks for, and whether it may still. */
interface Asking {
  readonly context: CommandContext
  /** Aborted when the command is over. */
  readonly over: AbortSignal
}

/** What a command of a plugin may use: the transaction that is open. @throws why it does not work in this company */
export async function commandContext(host: Host, plugin: RunningPlugin, { context, over }: Asking): Promise<PluginCommandContext> {
  const { companyId, now, tx } = context
  const { config } = await requireActive(tx, plugin.loaded, companyId)
  const owner = { plugin: plugin.definition.id, companyId }
  const given = {
    companyId,
    actor: shownActor(context.actor),
    now,
    config,
    tables: ownTables(tx, owner),
    state: stateInside(tx, owner, () => now),
    newId: context.newId,
    random: context.random,
    unchanged: context.unchanged,
    emit: emitOf(plugin, { context, over }),
  }
  return withEngine(given, () => reader(host, plugin, { db: tx, companyId }))
}

/** An actor as a plugin sees it: what it writes to gives nobody other rights. Hosts may have made theirs of more than data. */
function shownActor(actor: Actor): Actor {
  if (actor.kind !== 'user') return { ...actor }
  const { kind, id, roles, scopes, sessionId } = actor
  return { kind, id, roles: { ...roles }, ...(scopes && { scopes: [...scopes] }), ...(sessionId !== undefined && { sessionId }) }
}

/** Records events of a plugin as Engine's own are, with data of the shape that it declared. */
function emitOf({ definition }: RunningPlugin, { context, over }: Asking): PluginCommandContext['emit'] {
  return (type, entity, data) => {
    // Nobody would ever hear of it.
    if (over.aborted) throw new Error(`the command that ${type} is recorded by is over; await what comes before it`)
    const schema = definition.events?.[type]
    if (!schema) throw new Error(`the plugin ${definition.id} declares no event ${type}`)
    const about = ownPart(EventEntity, entity, `the thing that ${type} is about`)
    const parsed = ownPart(schema, data, `the data of ${type}`)
    // Types and things of plugins are not among those that Engine's own types list.
    context.emit(type as never, { ...about, type: `${definition.id}.${about.type}` } as never, parsed as never)
  }
}

/** Where each database keeps it as it is. */
const EventEntity = z.object({ type: z.string().min(1).max(64), id: Id, version: z.int() })

/** A part of an event, by its schema. @throws what is wrong with it, which is a defect of the plugin and not of the call */
function ownPart<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  try {
    return parseInput(schema, value, what)
  } catch (error) {
    throw EngineError.isInstance(error) ? new Error(error.message, { cause: error }) : error
  }
}

/** Asks a policy of a plugin about a command, inside its transaction. @throws `policy_refused`, `policy_failed` */
export async function askPolicy(
  host: Host,
  plugin: RunningPlugin,
  asked: { context: CommandContext; operation: string; input: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { definition, loaded } = plugin
  const { context, operation, input } = asked
  const policy = definition.policies?.[operation]
  if (!policy || context.companyId === '') return
  const row = await findPluginByName(context.tx, { companyId: context.companyId, plugin: definition.id })
  const { config, why } = standingOf(loaded, row)
  // One that was never installed has nothing to say yet; one that was stopped lets through what makes it work again, or ends it.
  const wasStopped = why !== null && row !== null && ['plugin_unavailable', 'plugin_unconfigured'].includes(why.code)
  if (wasStopped && !isAbout(row, operation, input)) throw policyFailed(plugin, operation, why.message)
  if (why) return
  try {
    // The registry parsed the input of the operation that this policy is for. It is shown a copy: what it writes to changes no command.
    const shown = structuredClone(input) as never
    const decide = async () => policy(policyContext(host, plugin, { context, config, operation }), shown)
    // Others wait for the locks of this transaction: who does not decide in time is taken to have failed.
    await inTime(host.clock, host.settings.policyMs, decide())
  } catch (error) {
    if (EngineError.isInstance(error)) throw error
    throw policyFailed(plugin, operation, messageOf(error))
  }
}

/** Whether a command is one of the operations by which a plugin itself is installed, configured, enabled or ended. */
function isAbout(row: PluginTable, operation: string, input: Readonly<Record<string, unknown>>): boolean {
  return operation.startsWith('plugins.') && (input['plugin'] === row.plugin || input['pluginId'] === row.id)
}

function policyFailed({ definition: { id } }: RunningPlugin, operation: string, why: string): EngineError {
  return new EngineError(
    pluginErrors.policy_failed,
    `The policy of the plugin ${id} could not decide about ${operation}: ${why.replace(/\.$/, '')}.`,
    {
      details: { plugin: id, operation },
    },
  )
}

interface Asked {
  readonly context: CommandContext
  readonly config: JsonObject
  readonly operation: string
}

function policyContext(host: Host, plugin: RunningPlugin, { context, config, operation }: Asked): PluginPolicyContext {
  const { companyId, now, tx } = context
  const { id } = plugin.definition
  const given = {
    companyId,
    actor: shownActor(context.actor),
    now,
    config,
    state: stateInside(tx, { plugin: id, companyId }, () => now),
    veto(message: string, details: JsonObject = {}): never {
      throw new EngineError(pluginErrors.policy_refused, message, { details: { ...details, plugin: id, operation } })
    },
  }
  return withEngine(given, () => reader(host, plugin, { db: tx, companyId }))
}

/** Engine's queries where a transaction is open: they see what it sees. */
function reader(host: Host, plugin: RunningPlugin, { db, companyId }: { db: Kysely<Database>; companyId: string }): Api {
  const inside: Host = { ...host, db }
  const run: typeof execute = (_, name, request) => {
    if (host.registry.get(name)?.definition.kind === 'query') return execute(inside, name, request)
    return Promise.reject(ruleViolated(`${name} changes something; inside of a transaction a plugin only reads. Do it in a subscription.`))
  }
  return createApi(inside, pluginActor(plugin, companyId), run)
}

/** Adds `engine`, made when it is first used: most calls need none of its methods. */
function withEngine<Given extends object>(given: Given, make: () => Api): Given & { readonly engine: Api } {
  let made: Api | undefined
  return Object.defineProperty(given, 'engine', { get: () => (made ??= make()), enumerable: true }) as Given & { readonly engine: Api }
}
