import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { flag, option } from '../cli/options.ts'
import { CursorConfig } from './config.ts'
import { readLine } from './lines.ts'

/** Runs the Cursor agent (`cursor-agent -p`) as an agent. */
export function cursorAdapter(options: CliOptions = {}): AgentAdapter<CursorConfig> {
  return cliAdapter(cursor, options)
}

export const cursor: CliDefinition<CursorConfig> = {
  type: 'cursor',
  title: 'Cursor agent on this machine',
  program: 'cursor-agent',
  configSchema: CursorConfig,
  metering: 'final',
  overshoot: 'All that a run uses: the program tells no usage, so that nothing of it can be counted or stopped at a limit.',
  knownVersions: [],
  switches: {},
  apiKeyVariables: () => ['CURSOR_API_KEY'],
  findsTools: false,
  arguments: (config, { sessionId, cwd }) => [
    '-p',
    ...option('--output-format', 'stream-json'),
    ...option('--workspace', cwd),
    ...option('--model', config.model),
    ...option('--mode', config.mode),
    ...flag('--force', config.force),
    ...option('--resume', sessionId ?? undefined),
  ],
  readLine,
}
