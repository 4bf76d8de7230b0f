import { isDeepStrictEqual } from 'node:util'

import type { z } from 'zod'

import { EngineError, ruleViolated } from '../kernel/errors.ts'
import { messageOf } from '../kernel/failure.ts'
import { parseInput } from '../kernel/input.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { LoadedPlugin } from '../kernel/plugins.ts'
import { acceptAgain, acceptWithReferences, refuseElsewhere } from '../secrets/references.ts'
import type { PluginTable } from './table.ts'

type Configurable = Pick<LoadedPlugin, 'id' | 'configSchema' | 'secretFields'>

/** A configuration that somebody wrote, as the plugin accepts it, with references for secrets. @throws `invalid_input`, `rule_violated` */
export function acceptConfig(plugin: Configurable, config: JsonObject): JsonObject {
  refuseElsewhere(config, 'config', plugin.secretFields)
  if (plugin.configSchema === null && Object.keys(config).length > 0)
    throw ruleViolated(`The plugin ${plugin.id} takes no configuration; leave config out.`)
  return plugin.configSchema === null ? {} : asObject(acceptWithReferences(config, 'config', by(plugin.configSchema)))
}

/**
 * The configuration that a plugin has in a company, by the schema of the version that is loaded: another version may have written it.
 * @throws `invalid_input` when that does not take it
 */
export function configOf(plugin: Pick<LoadedPlugin, 'configSchema'>, row: PluginTable | null): JsonObject {
  return plugin.configSchema === null ? {} : asObject(acceptAgain(row ? JSON.parse(row.config) : {}, 'config', by(plugin.configSchema)))
}

/** What a schema of a plugin makes of a value. @throws `invalid_input`, and `rule_violated` for one that fails, which is a defect of the plugin */
function by(schema: z.ZodType): (value: unknown) => unknown {
  return (value) => {
    try {
      return parseInput(schema, value, 'config')
    } catch (error) {
      if (EngineError.isInstance(error)) throw error
      throw ruleViolated(`The schema of the configuration failed: ${messageOf(error)}`)
    }
  }
}

function asObject(config: unknown): JsonObject {
  // The schema of a configuration gives an object.
  return config as JsonObject
}

/** @throws `rule_violated` when what is installed has another configuration than the one that is asked for */
export function requireSame(known: PluginTable, config: JsonObject): void {
  if (isDeepStrictEqual(JSON.parse(known.config), config)) return
  throw ruleViolated(`The plugin ${known.plugin} is installed here with another configuration. Change that by plugins.configure.`, {
    pluginId: known.id,
  })
}
