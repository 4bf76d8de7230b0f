import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { listOption, option } from '../cli/options.ts'
import { GeminiCliConfig } from './config.ts'
import { readLine } from './lines.ts'

/** Runs Gemini CLI (`gemini -o stream-json`) as an agent. */
export function geminiCliAdapter(options: CliOptions = {}): AgentAdapter<GeminiCliConfig> {
  return cliAdapter(geminiCli, options)
}

export const geminiCli: CliDefinition<GeminiCliConfig> = {
  type: 'gemini-cli',
  title: 'Gemini CLI on this machine',
  program: 'gemini',
  configSchema: GeminiCliConfig,
  metering: 'final',
  overshoot: 'All that a run uses beyond its cap: the program has no cap of its own and tells its usage at the end.',
  knownVersions: ['0.61.0'],
  switches: { GEMINI_TELEMETRY_ENABLED: 'false', NO_UPDATE_NOTIFIER: '1' },
  apiKeyVariables: () => ['GEMINI_API_KEY'],
  // By the settings of its home: those that a variable can name have to belong to root.
  findsTools: true,
  // Without a terminal it reads its prompt from stdin by itself.
  arguments: (config, { sessionId }) => [
    ...option('-o', 'stream-json'),
    ...option('--approval-mode', config.approvalMode),
    '--skip-trust',
    ...option('-m', config.model),
    ...listOption('--include-directories', config.includeFolders),
    ...option('--policy', config.policyFile),
    ...option('-r', sessionId ?? undefined),
  ],
  readLine,
  exitCodes: {
    41: { class: 'auth', means: 'The program is not logged in: give `apiKey`, or choose a way to log in in the settings of its home.' },
    42: { class: 'bad_request', means: 'The program did not take its input.' },
    44: { class: 'config', means: 'The sandbox of the program could not be started.' },
    52: { class: 'config', means: 'The settings of the program are not valid.' },
    53: { class: 'config', means: 'It used all of its turns; raise the limit in its settings or make the task smaller.' },
  },
}
