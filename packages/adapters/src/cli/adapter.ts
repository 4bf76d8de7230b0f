import { ADAPTER_SPEC, type AgentAdapter } from '@engine/core/plugin'

import { checkCli } from './check.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'
import { runCli } from './run.ts'

/** Makes an adapter of what tells one program from another. */
export function cliAdapter<Config extends CliConfig>(definition: CliDefinition<Config>): AgentAdapter<Config> {
  return {
    spec: ADAPTER_SPEC,
    type: definition.type,
    title: definition.title,
    configSchema: definition.configSchema,
    metering: definition.metering,
    secretFields: ['apiKey', 'env'],
    start: async (options) => ({ run: (turn) => runCli(definition, options, turn) }),
    test: (options) => checkCli(definition, options),
  }
}
