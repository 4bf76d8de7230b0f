import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { AcpConfig } from './config.ts'
import { AcpDialogue } from './dialogue.ts'

/** Runs any program that speaks the Agent Client Protocol on its standard input and output as an agent. */
export function acpAdapter(options: CliOptions & Required<Pick<CliOptions, 'programs'>>): AgentAdapter<AcpConfig> {
  return cliAdapter(acp, options)
}

const acp: CliDefinition<AcpConfig> = {
  type: 'acp',
  title: 'A program on this machine that speaks the Agent Client Protocol',
  // Which program it is, only its configuration says.
  program: '',
  configSchema: AcpConfig,
  metering: 'stream',
  overshoot:
    'What the program uses between two of its usage updates, and within graceSec after it was told to stop; all of it when it sends none.',
  knownVersions: [],
  switches: {},
  apiKeyVariables: ({ keyVariable }) => (keyVariable === undefined ? [] : [keyVariable]),
  findsTools: true,
  arguments: () => [],
  readLine: () => null,
  converse: (config, run) => new AcpDialogue(config, run),
}
