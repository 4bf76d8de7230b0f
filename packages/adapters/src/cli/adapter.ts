import { ADAPTER_SPEC, type AgentAdapter } from '@engine/core/plugin'

import { allowing, checkedPrograms } from '../program/allowed.ts'
import { checkCli } from './check.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'
import { runCli } from './run.ts'

export interface CliOptions {
  /** What `command` may be, each found on the PATH of the host or by an absolute path; the usual name of the program when left out. */
  readonly programs?: readonly string[] | 'any'
}

/** Makes an adapter of what tells one program from another. */
export function cliAdapter<Config extends CliConfig>(given: CliDefinition<Config>, options: CliOptions): AgentAdapter<Config> {
  const programs = checkedPrograms(options.programs ?? [given.program])
  const definition = { ...given, programs }
  return {
    spec: ADAPTER_SPEC,
    type: definition.type,
    title: definition.title,
    configSchema: allowing(given.configSchema, programs),
    metering: definition.metering,
    overshoot: definition.overshoot,
    secretFields: ['apiKey', 'env'],
    start: async (start) => ({ run: (turn) => runCli(definition, start, turn) }),
    test: (asked) => checkCli(definition, asked),
  }
}
