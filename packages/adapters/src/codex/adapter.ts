import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { flag, option } from '../cli/options.ts'
import { serverName, tokenVariable } from '../tool-server/server.ts'
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
  findsTools: true,
  // Some options are of `exec` alone and have to stand before `resume`.
  arguments: (config, { sessionId, cwd, toolsUrl }) => [
    'exec',
    '--json',
    '--skip-git-repo-check',
    ...option('-C', cwd),
    ...option('-s', config.sandbox),
    ...option('-m', config.model),
    ...flag('--ignore-user-config', config.ignoreUserConfig),
    ...flag('--ephemeral', !config.resume),
    ...Object.entries({
      check_for_update_on_startup: 'false',
      ...(toolsUrl !== null && engineServer(toolsUrl)),
      ...config.settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ...option('resume', sessionId ?? undefined),
    '-',
  ],
  readLine,
}

/** Settings in TOML; the program takes the token out of its variable. */
function engineServer(url: string): Record<string, string> {
  const server = `mcp_servers.${serverName}`
  return {
    [`${server}.url`]: JSON.stringify(url),
    [`${server}.bearer_token_env_var`]: JSON.stringify(tokenVariable),
    [`${server}.default_tools_approval_mode`]: '"approve"',
  }
}
