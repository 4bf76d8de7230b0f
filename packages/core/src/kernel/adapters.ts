import { z } from 'zod'

import { ADAPTER_SPEC, type AgentAdapter } from '../ports/adapter.ts'
import type { JsonObject } from './json.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { parseInput } from './input.ts'
import { requireParts } from './parts.ts'

/** The adapters that this engine was created with, by type. */
export interface AdapterCatalog {
  readonly types: readonly string[]
  /** All that an agent can have, those that nothing executes first. */
  readonly all: readonly AgentAdapter[]
  /** Also those that nothing executes. @throws `rule_violated` naming the known types. */
  get(type: string): AgentAdapter
  /**
   * Checks an agent's configuration against the adapter's schema and fills in its defaults.
   * @param field the name by which the caller knows it, `adapterConfig` when left out
   * @throws `invalid_input`
   */
  parseConfig(type: string, config: unknown, field?: string): unknown
  /** Whom runs with this configuration, as it is stored, depend on; '' when that is the same for all of the adapter. Never throws. */
  providerOf(type: string, config: JsonObject): string
}

/** The same, as far as somebody has them who has only these. */
export function onlyTypes(adapters: AdapterCatalog, types: readonly string[]): AdapterCatalog {
  return { ...adapters, types: adapters.types.filter((type) => types.includes(type)) }
}

/** The adapter type of an agent that is a person. */
export const humanAdapterType = 'human'

/** The adapter type of an agent that takes its work by its key, from outside of Engine. */
export const externalAdapterType = 'external'

/** Every engine has these. Nothing executes them, so they are not among the types whose runs are claimed. */
const unexecuted: readonly AgentAdapter[] = [
  {
    ...withoutWork(humanAdapterType),
    title: 'A person',
    overshoot: '0: Engine executes no people.',
  },
  {
    ...withoutWork(externalAdapterType),
    title: 'Itself, from outside by its key',
    overshoot: '0 by Engine, which does not execute it: the agent asks before each call, or says at its end what it used.',
  },
]

function withoutWork(type: string) {
  return {
    spec: ADAPTER_SPEC,
    type,
    configSchema: z.strictObject({}),
    metering: 'none',
    start: async () => {
      throw new Error(`an agent of the adapter ${type} is not executed`)
    },
  } as const
}

export const unexecutedTypes: readonly string[] = unexecuted.map(({ type }) => type)

/** Whether Engine executes the agents of an adapter, wherever that is. Pure. */
export function isExecuted(adapterType: string): boolean {
  return !unexecutedTypes.includes(adapterType)
}

/** Whether an agent can have it here. Pure. */
export function isKnownTo({ all }: AdapterCatalog, adapterType: string): boolean {
  return all.some(({ type }) => type === adapterType)
}

/** @throws for an adapter of another version, and for one that has the name of another, or of one that Engine has itself */
export function createAdapterCatalog(adapters: readonly AgentAdapter[]): AdapterCatalog {
  requireParts('adapter', adapters, ADAPTER_SPEC)
  const taken = adapters.find(({ type }) => !isExecuted(type))
  if (taken) throw new Error(`An adapter is called "${taken.type}", as one that every engine has. Give it another type.`)
  const all = [...unexecuted, ...adapters]
  const byType = new Map(all.map((adapter) => [adapter.type, adapter]))
  const types = [...byType.keys()].filter((type) => isExecuted(type))

  function get(type: string): AgentAdapter {
    const adapter = byType.get(type)
    if (adapter) return adapter
    const known = types.length === 0 ? 'This engine was created without adapters.' : `This engine has: ${types.join(', ')}.`
    throw new EngineError(kernelErrors.rule_violated, `There is no adapter "${type}". ${known}`, {
      details: { adapterType: type, known: types },
    })
  }

  function providerOf(type: string, config: JsonObject): string {
    try {
      return byType.get(type)?.provider?.(config) ?? ''
    } catch {
      // A configuration of another version of the adapter: its runs are taken for those of one provider.
      return ''
    }
  }

  return {
    types,
    all,
    get,
    parseConfig: (type, config, field = 'adapterConfig') => parseInput(get(type).configSchema, config, field),
    providerOf,
  }
}
