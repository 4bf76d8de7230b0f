import type { Kysely, Transaction } from 'kysely'
import type { z } from 'zod'

import type { Api } from '../api.ts'
import type { Migration } from '../database/history.ts'
import type { Actor } from '../kernel/actor.ts'
import type { HttpMethod } from '../kernel/command.ts'
import type { ErrorDefinition } from '../kernel/errors.ts'
import type { AnyEvent, EventType } from '../kernel/events.ts'
import type { JsonObject, JsonValue } from '../kernel/json.ts'
import type { ReceivedRequest } from '../kernel/plugins.ts'
import type { Role, Scope } from '../kernel/permissions.ts'
import type { PluginCapabilities, PluginSlotName } from '../plugins/schema.ts'
import type { AgentAdapter } from '../ports/adapter.ts'
import type { Destination } from '../ports/destination.ts'
import type { Logger } from '../ports/logger.ts'

/** The tables of a plugin, by name without its prefix for nobody: as they are called in its migrations. */
export type PluginTables = object
export type PluginEventSchemas = Readonly<Record<string, z.ZodType>>

/** What every function of a plugin knows: for which company, and how the plugin is configured there. */
interface InCompany {
  readonly companyId: string
  /** As `configSchema` accepts it; `{}` for a plugin without one. Secrets stand in it as references. */
  readonly config: JsonObject
  /** Time of the call: ISO-8601 UTC with milliseconds. */
  readonly now: string
}

/** What a query of a plugin may use. */
export interface PluginQueryContext<Tables extends PluginTables = PluginTables> extends InCompany {
  readonly actor: Actor
  /**
   * The plugin's own tables and nothing else. A statement that names another table, or not the company of the call, is refused
   * with `plugin_table_refused`.
   */
  readonly tables: Kysely<Tables>
  /** Engine's queries, in this company. A command is refused here. */
  readonly engine: Api
}

/** What a command of a plugin may use: one open transaction, like every command of Engine. */
export interface PluginCommandContext<
  Tables extends PluginTables = PluginTables,
  Events extends PluginEventSchemas = PluginEventSchemas,
> extends PluginQueryContext<Tables> {
  readonly tables: Transaction<Tables>
  /** What the plugin keeps for this company, in the same transaction. */
  readonly state: PluginState
  newId(): string
  /** A number in [0, 1). */
  random(): number
  /** Records an event of this command. `type` is the kind of thing that it is about, `id` its UUID. */
  emit<Type extends keyof Events & string>(
    type: Type,
    entity: { readonly type: string; readonly id: string; readonly version: number },
    data: z.output<Events[Type]>,
  ): void
  /** Says that this call changed nothing on purpose, so it records no event. */
  unchanged(): void
}

/** What a policy may look at. It decides inside the transaction of the command that it guards. */
export interface PluginPolicyContext extends InCompany {
  readonly actor: Actor
  /** Engine's queries, in this company. A command is refused here. */
  readonly engine: Api
  /** What the plugin keeps for this company; a policy reads it. */
  readonly state: Pick<PluginState, 'get'>
  /** Says no; `message` says what would satisfy the policy. */
  veto(message: string, details?: JsonObject): never
}

/** What subscriptions, jobs and webhooks may use: outside of any transaction, for as long as it takes. */
export interface PluginWorkContext extends Omit<InCompany, 'config'> {
  /** As `configSchema` accepts it, with the values of secrets. */
  readonly config: JsonObject
  /** All of Engine's operations in this company, as the plugin, with the rights of its role. */
  readonly engine: Api
  readonly state: PluginState
  readonly log: PluginLog
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal
}

/** What a plugin keeps for one company: values by key. */
export interface PluginState {
  get(key: string): Promise<{ value: JsonValue; version: number } | null>
  /**
   * @returns its version; null when `version` names another one than the present (0: there is none yet)
   * @throws `payload_too_large`; `rule_violated` for a new key when the plugin keeps 10,000 values in the company already
   */
  set(key: string, value: JsonValue, version?: number): Promise<number | null>
  delete(key: string): Promise<void>
  /** Keeps a key that was not there: true once. What is known, such as the id of a request, is not taken twice; the newest 100,000 are known. */
  claim(key: string): Promise<boolean>
}

/** What an admin of the company reads by `plugins.logs`. Secrets of the configuration are blotted out. */
export interface PluginLog {
  debug(message: string, data?: JsonObject): void
  info(message: string, data?: JsonObject): void
  warn(message: string, data?: JsonObject): void
  error(message: string, data?: JsonObject): void
}

interface PluginOperation {
  readonly title: string
  readonly description?: string
  /** Without the company, which every operation of a plugin has as `companyId`. */
  readonly input: z.ZodObject
  readonly output: z.ZodType
  /** Who may: everybody who may do this with Engine's own things. */
  readonly access: Scope
  /** Below `/api/companies/:companyId/<id of the plugin>`. */
  readonly http?: readonly [HttpMethod, `/${string}`]
  readonly mcp?: { readonly idempotent?: true; readonly additive?: true } | { readonly leftOut: string }
}

export interface PluginQuery extends PluginOperation {
  readonly kind: 'query'
  handle(context: never, input: never): Promise<unknown>
}

export interface PluginCommand extends PluginOperation {
  readonly kind: 'command'
  /** True when success means that something new exists (HTTP 201). */
  readonly creates?: boolean
  prepare?(context: PluginWorkContext, input: never): Promise<unknown>
  handle(context: never, input: never, prepared: never): Promise<unknown>
}

export interface PluginSubscriptionDefinition {
  /** Types of events, Engine's or of plugins; `task.*` for all of one thing. */
  readonly events: readonly string[]
  /** Where it begins in an installation that it is new to: with what happens from then on, unless it wants all. */
  readonly from?: 'now' | 'start'
  /**
   * At least once each, in the order of the log within one company; what throws is tried again with growing pauses, and parked
   * after that. `event.id` tells a repeat.
   */
  handle(context: PluginWorkContext, event: never): Promise<void>
}

export interface PluginJob {
  /** A cron expression of five fields, in UTC, or a pause such as `15m`. */
  readonly schedule: { readonly cron: string } | { readonly every: string }
  /** Of several processes one runs it; what throws is tried again. */
  run(context: PluginJobContext): Promise<void>
}

export interface PluginJobContext {
  /** When this run was due. */
  readonly dueAt: string
  readonly signal: AbortSignal
  readonly log: Logger
  /** Does something in each company in which the plugin works, one after the other; one that fails keeps no other from its turn. */
  forEachCompany(work: (context: PluginWorkContext) => Promise<void>): Promise<void>
}

export interface PluginWebhook {
  /**
   * Takes a request, once it has looked whether the request is genuine. @returns false when it is not: that is answered as if nothing
   * were there. What it throws is answered with 503, so that it is sent again.
   */
  handle(context: PluginWorkContext, request: Omit<ReceivedRequest, 'companyId' | 'name'>): Promise<boolean>
}

/** A page on the board, in a frame of its own; each place has one page of a plugin at most. */
export interface PluginUiSlot {
  /** Beside each task or each agent, on the dashboard, in the settings, or a place of its own in the navigation. */
  readonly slot: PluginSlotName
  readonly title: string
  /** A page in a folder of the package, such as `./ui/panel.html`. All files in that folder are given out, and no others. */
  readonly entry: `./${string}.html`
}

type PluginPolicy = (context: PluginPolicyContext, input: never) => Promise<void>

/** Everything that a plugin adds. Only `id`, `version` and `engine` have to be there. */
export interface PluginDefinition {
  /** Lower-case letters and digits. Its operations, events and tables begin with it. */
  readonly id: string
  readonly version: string
  /** The version of this interface that it was made for: `^1`. */
  readonly engine: string
  readonly title?: string
  readonly description?: string
  /** Ids of plugins that have to be started before it. */
  readonly requires?: readonly string[]
  /** As what it acts in a company when it calls operations by itself; `operator` when left out. */
  readonly role?: Role
  readonly capabilities?: Partial<PluginCapabilities>
  /** Changes of its own tables, whose names begin with `p_<id>_`. Released ones are never edited. */
  readonly migrations?: readonly Migration[]
  readonly commands?: Readonly<Record<string, PluginCommand>>
  readonly queries?: Readonly<Record<string, PluginQuery>>
  /** By type, which begins with `<id>.`. */
  readonly events?: PluginEventSchemas
  readonly errors?: Readonly<Record<string, ErrorDefinition>>
  readonly policies?: Readonly<Record<string, PluginPolicy | undefined>>
  readonly subscribe?: Readonly<Record<string, PluginSubscriptionDefinition>>
  readonly adapters?: readonly AgentAdapter[]
  readonly destinations?: readonly Destination[]
  readonly jobs?: Readonly<Record<string, PluginJob>>
  readonly webhooks?: Readonly<Record<string, PluginWebhook>>
  readonly ui?: readonly PluginUiSlot[]
  /** The folder of its package, for a plugin that has pages: `new URL('..', import.meta.url)`. */
  readonly root?: URL
  readonly configSchema?: z.ZodType
  /** The members of its configuration in which secrets may stand, as `{"secret": "NAME"}`; none when left out. */
  readonly secretFields?: readonly string[]
  /** `isolated` for what `isolatedPlugin` makes. */
  readonly kind?: 'trusted' | 'isolated'
  start?(context: PluginStartContext): Promise<void>
  stop?(): Promise<void>
}

export interface PluginStartContext {
  readonly log: Logger
  /** Works in one company, as subscriptions and jobs do. @throws when the plugin does not work there */
  inCompany<Result>(companyId: string, work: (context: PluginWorkContext) => Promise<Result>): Promise<Result>
  /** Stops the plugin everywhere it works: it failed too often. */
  quarantine(reason: string): Promise<void>
}

/** An event as a subscription to these types is given it; one of a plugin has the shape that all events have. */
export type EventOf<Types extends readonly string[]> = [Extract<Types[number], EventType>] extends [never]
  ? AnyEvent
  : string extends Types[number]
    ? AnyEvent
    : Extract<AnyEvent, { type: Types[number] }>
