import { ADAPTER_SPEC, type AgentAdapter } from '@engine/core/plugin'

import { allowing, checkedPrograms } from '../program/allowed.ts'
import { checkedFolders, placing, type AllowedFolders } from '../program/folders.ts'
import { checkCli } from './check.ts'
import { placesOf, type CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'
import { runCli } from './run.ts'

export interface CliOptions {
  /** What `command` may be, each found on the PATH of the host or by an absolute path; the usual name of the program when left out. */
  readonly programs?: readonly string[] | 'any'
  /** In which folders, and all below them, agents may work, have their worktrees and their `home`; any when left out. */
  readonly folders?: AllowedFolders
}

/** Makes an adapter of what tells one program from another. */
export function cliAdapter<Config extends CliConfig>(given: CliDefinition<Config>, options: CliOptions): AgentAdapter<Config> {
  const programs = checkedPrograms(options.programs ?? [given.program])
  const folders = checkedFolders(options.folders)
  const definition = { ...given, programs, folders }
  return {
    spec: ADAPTER_SPEC,
    type: definition.type,
    title: definition.title,
    configSchema: placing(allowing(given.configSchema, programs), folders, placesOf),
    metering: definition.metering,
    overshoot: definition.overshoot,
    secretFields: ['apiKey', 'env'],
    alwaysSecret: ['apiKey'],
    start: async (start) => ({ run: (turn) => runCli(definition, start, turn) }),
    test: (asked) => checkCli(definition, asked),
  }
}
