import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { flag, option } from '../cli/options.ts'
import { CodexConfig } from './config.ts'
import { readLine } from './lines.ts'

/** Runs Codex (`codex exec`) as an agent. */
export function codexAdapter(options: CliOptions = {}): AgentAdapter<CodexConfig> {
  return cliAdapter(codex, options)
}

export const codex: CliDefinition<CodexConfig> = {
  type: 'codex',
  title: 'Codex on this machine',
  program: 'codex',
  configSchema: CodexConfig,
  metering: 'final',
  overshoot: 'All that a run uses beyond its cap: the program has no cap of its own and tells its usage at the end.',
  knownVersions: ['0.169.0'],
  switches: {},
  apiKeyVariables: () => ['CODEX_API_KEY', 'OPENAI_API_KEY'],
  // Some options are of `exec` alone and have to stand before `resume`.
  arguments: (config, { sessionId, cwd }) => [
    'exec',
    '--json',
    '--skip-git-repo-check',
    ...option('-C', cwd),
    ...option('-s', config.sandbox),
    ...option('-m', config.model),
    ...flag('--ignore-user-config', config.ignoreUserConfig),
    ...flag('--ephemeral', !config.resume),
    ...Object.entries({ check_for_update_on_startup: 'false', ...config.settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ...option('resume', sessionId ?? undefined),
    '-',
  ],
  readLine,
}
