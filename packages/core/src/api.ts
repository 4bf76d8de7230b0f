import type { z } from 'zod'

import type { Actor } from './kernel/actor.ts'
import type { Caller } from './kernel/call.ts'
import type { AnyDefinition } from './kernel/command.ts'
import { execute } from './kernel/execute.ts'
import type { Host } from './kernel/host.ts'
import type { EngineModule } from './kernel/registry.ts'
import type { TraceContext } from './ports/telemetry.ts'
import type { coreModules } from './modules.ts'

export interface CallOptions {
  /** The same key with the same input has one effect and one answer, for 24 hours. */
  readonly idempotencyKey?: string
  /** Stands in the events of this call. */
  readonly requestId?: string
  /** Where it comes from; sessions show it, and failed logins are counted by it. */
  readonly caller?: Caller
  /** What trace it is a part of, for an engine with telemetry; left out, whatever the program around is in. */
  readonly trace?: TraceContext
}

type Input<Definition extends AnyDefinition> = z.input<Definition['input']>
type Output<Definition extends AnyDefinition> = Promise<z.output<Definition['output']>>

type Method<Definition extends AnyDefinition> =
  Record<never, never> extends Input<Definition>
    ? (input?: Input<Definition>, options?: CallOptions) => Output<Definition>
    : (input: Input<Definition>, options?: CallOptions) => Output<Definition>

type Operations<Module extends EngineModule> = { [Verb in keyof Module['operations']]: Method<Module['operations'][Verb]> }

/** Every operation as a method: `api.tasks.checkout({ taskId })`. */
export type Api = { [Name in keyof typeof coreModules]: Operations<(typeof coreModules)[Name]> }

/** Makes the methods of all registered operations, acting as one actor; `run` may be another way to execute them. */
export function createApi(host: Host, actor: Actor, run: typeof execute = execute): Api {
  const api: Record<string, Record<string, unknown>> = {}
  for (const { module, verb, name } of host.registry.operations) {
    const methods = (api[module] ??= {})
    methods[verb] = (input?: unknown, options: CallOptions = {}) => run(host, name, { input, call: { actor, ...options } })
  }
  // The registry was made from the modules that Api is computed from.
  return api as unknown as Api
}
