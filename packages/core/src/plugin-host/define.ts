import type { z } from 'zod'

import type { OperationInput, OperationName } from '../api.ts'
import type { HttpMethod } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import type { Scope } from '../kernel/permissions.ts'
import type {
  EventOf,
  PluginCommand,
  PluginCommandContext,
  PluginDefinition,
  PluginEventSchemas,
  PluginPolicyContext,
  PluginQuery,
  PluginQueryContext,
  PluginSubscriptionDefinition,
  PluginTables,
  PluginWorkContext,
} from './types.ts'

/** Policies by the operation that each guards; its input is the parsed one of that operation. */
export type Policies = {
  readonly [Name in OperationName]?: (context: PluginPolicyContext, input: OperationInput<Name>) => Promise<void>
}

/**
 * Declares a plugin and keeps its exact type, so that `createEngine({ plugins: [notes()] })` has `engine.notes.add(…)`.
 * It is data: what is wrong with it is said when an engine is created with it.
 */
export function definePlugin<const Plugin extends Omit<PluginDefinition, 'policies' | 'kind'> & { readonly policies?: Policies }>(
  plugin: Plugin,
): Plugin {
  return plugin
}

/** Declares a subscription whose handler knows the shapes of the events that it asks for. */
export function subscription<const Types extends readonly string[]>(definition: {
  readonly events: Types
  readonly from?: 'now' | 'start'
  handle(context: PluginWorkContext, event: EventOf<Types>): Promise<void>
}): PluginSubscriptionDefinition {
  return definition
}

interface Given<Input extends z.ZodObject, Output extends z.ZodType> {
  readonly title: string
  readonly description?: string
  readonly input: Input
  readonly output: Output
  readonly access: Scope
  readonly http?: readonly [HttpMethod, `/${string}`]
  readonly mcp?: NonNullable<PluginQuery['mcp']>
}

interface GivenCommand<Input extends z.ZodObject, Output extends z.ZodType, Prepared, Context> extends Given<Input, Output> {
  readonly creates?: boolean
  /** What has to be done outside of any transaction first, such as a request; `handle` gets what it resolves with. */
  prepare?(context: PluginWorkContext, input: z.output<Input>): Promise<Prepared>
  handle(context: Context, input: z.output<Input>, prepared: Prepared): Promise<z.output<Output>>
}

interface GivenQuery<Input extends z.ZodObject, Output extends z.ZodType, Context> extends Given<Input, Output> {
  handle(context: Context, input: z.output<Input>): Promise<z.output<Output>>
}

/** The input of an operation as its callers give it: with the company. */
type WithCompany<Input extends z.ZodObject> = z.ZodObject<Input['shape'] & { companyId: typeof Id }, z.core.$strict>

/** `command` and `query` for a plugin with these tables and events. */
export function pluginKit<Tables extends PluginTables, Events extends PluginEventSchemas = Record<never, never>>() {
  return {
    command<Input extends z.ZodObject, Output extends z.ZodType, Prepared = undefined>(
      definition: GivenCommand<Input, Output, Prepared, PluginCommandContext<Tables, Events>>,
    ) {
      return { kind: 'command', ...definition, input: withCompany(definition.input) } satisfies PluginCommand
    },
    query<Input extends z.ZodObject, Output extends z.ZodType>(definition: GivenQuery<Input, Output, PluginQueryContext<Tables>>) {
      return { kind: 'query', ...definition, input: withCompany(definition.input) } satisfies PluginQuery
    },
  }
}

function withCompany<Input extends z.ZodObject>(input: Input): WithCompany<Input> {
  // zod computes the same shape, in a type that does not follow a type parameter.
  return input.extend({ companyId: Id }).strict() as unknown as WithCompany<Input>
}
