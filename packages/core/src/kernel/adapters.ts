import type { AgentAdapter } from '../ports/adapter.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { parseInput } from './input.ts'

/** The adapters that this engine was created with, by type. */
export interface AdapterCatalog {
  readonly types: readonly string[]
  /** @throws `rule_violated` naming the known types. */
  get(type: string): AgentAdapter
  /** Checks an agent's configuration against the adapter's schema and fills in its defaults. @throws `invalid_input` */
  parseConfig(type: string, config: unknown): unknown
}

export function createAdapterCatalog(adapters: readonly AgentAdapter[]): AdapterCatalog {
  const byType = new Map(adapters.map((adapter) => [adapter.type, adapter]))
  const types = [...byType.keys()]

  function get(type: string): AgentAdapter {
    const adapter = byType.get(type)
    if (adapter) return adapter
    const known = types.length === 0 ? 'This engine was created without adapters.' : `This engine has: ${types.join(', ')}.`
    throw new EngineError(kernelErrors.rule_violated, `There is no adapter "${type}". ${known}`, {
      details: { adapterType: type, known: types },
    })
  }

  return { types, get, parseConfig: (type, config) => parseInput(get(type).configSchema, config, 'adapterConfig') }
}
