import { z } from 'zod'

import { ADAPTER_SPEC, type AgentAdapter } from '../ports/adapter.ts'
import type { JsonObject } from './json.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { parseInput } from './input.ts'

/** The adapters that this engine was created with, by type. */
export interface AdapterCatalog {
  readonly types: readonly string[]
  /** All that an agent can have, the one of people first. */
  readonly all: readonly AgentAdapter[]
  /** Also the one of people. @throws `rule_violated` naming the known types. */
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

/** The adapter type of an agent that is a person. Nothing executes it, so it is not among the types whose runs are claimed. */
export const humanAdapterType = 'human'

const human: AgentAdapter = {
  spec: ADAPTER_SPEC,
  type: humanAdapterType,
  title: 'A person',
  configSchema: z.strictObject({}),
  metering: 'none',
  overshoot: '0: Engine executes no people.',
  start: async () => {
    throw new Error('a person is not executed')
  },
}

export function createAdapterCatalog(adapters: readonly AgentAdapter[]): AdapterCatalog {
  const byType = new Map(adapters.map((adapter) => [adapter.type, adapter]))
  const types = [...byType.keys()]
  const all = byType.has(humanAdapterType) ? adapters : [human, ...adapters]

  function get(type: string): AgentAdapter {
    const adapter = byType.get(type) ?? (type === humanAdapterType ? human : undefined)
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
