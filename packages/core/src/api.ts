import type { z } from 'zod'

import type { Actor } from './kernel/actor.ts'
import type { Call, Caller } from './kernel/call.ts'
import { execute } from './kernel/execute.ts'
import type { Host } from './kernel/host.ts'
import type { EngineModule, Operation } from './kernel/registry.ts'
import type { TraceContext } from './ports/telemetry.ts'
import type { coreModules } from './modules.ts'

export interface CallOptions {
  /** The same key with the same input has one effect and one answer, for 24 hours. */
  readonly idempotencyKey?: string | undefined
  /** Stands in the events of this call. */
  readonly requestId?: string | undefined
  /** Where it comes from; sessions show it, and failed logins are counted by it. */
  readonly caller?: Caller | undefined
  /** What trace it is a part of, for an engine with telemetry; left out, whatever the program around is in. */
  readonly trace?: TraceContext | undefined
}

/** What the type of a method is made of. */
interface Callable {
  readonly input: z.ZodObject
  readonly output: z.ZodType
}

type Input<Definition extends Callable> = z.input<Definition['input']>
type Output<Definition extends Callable> = Promise<z.output<Definition['output']>>

export type Method<Definition extends Callable> =
  Record<never, never> extends Input<Definition>
    ? (input?: Input<Definition>, options?: CallOptions) => Output<Definition>
    : (input: Input<Definition>, options?: CallOptions) => Output<Definition>

type Operations<Module extends EngineModule> = { [Verb in keyof Module['operations']]: Method<Module['operations'][Verb]> }

/** Every operation as a method: `api.tasks.checkout({ taskId })`. */
export type Api = { [Name in keyof typeof coreModules]: Operations<(typeof coreModules)[Name]> }

type Core = typeof coreModules

/** The full name of every operation of Engine, such as `tasks.checkout`. */
export type OperationName = { [Name in keyof Core]: `${Name}.${Extract<keyof Core[Name]['operations'], string>}` }[keyof Core]

/** The input of an operation once it is parsed. */
export type OperationInput<Name extends OperationName> = Name extends `${infer Module extends keyof Core}.${infer Verb}`
  ? Verb extends keyof Core[Module]['operations']
    ? Core[Module]['operations'][Verb] extends { readonly input: infer Input extends z.ZodType }
      ? z.output<Input>
      : never
    : never
  : never

/**
 * The methods of all registered operations, acting as one actor; `run` may be another way to execute them. They are made when they are
 * asked for: whoever acts for an actor calls one or two of hundreds.
 */
export function createApi(host: Host, actor: Actor, run: typeof execute = execute): Api {
  const { modules } = host.registry
  const isModule = (name: string | symbol): name is string => typeof name === 'string' && Object.hasOwn(modules, name)
  const made: Record<string, object> = {}
  function methodsOf(name: string | symbol): object | undefined {
    return isModule(name) ? (made[name] ??= Object.fromEntries((modules[name] ?? []).map(toMethod))) : undefined
  }
  function toMethod({ verb, name }: Operation) {
    return [
      verb,
      (input?: unknown, options?: CallOptions | null) => run(host, name, { input, call: callOf(actor, options ?? {}) }),
    ] as const
  }
  const api = new Proxy(made, {
    get: (_, name) => methodsOf(name),
    has: (_, name) => isModule(name),
    ownKeys: () => Object.keys(modules),
    getOwnPropertyDescriptor: (_, name) =>
      isModule(name) ? { configurable: true, enumerable: true, writable: true, value: methodsOf(name) } : undefined,
  })
  // The registry was made from the modules that Api is computed from.
  return api as unknown as Api
}

/** Whatever else an object of options holds: nobody acts as somebody else by it, or in their name. */
function callOf(actor: Actor, { idempotencyKey, requestId, caller, trace }: CallOptions): Call {
  return { actor, idempotencyKey, requestId, caller, trace }
}
