import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { flag, listOption, manyOption, option } from '../cli/options.ts'
import { serverName, tokenVariable, urlVariable } from '../tool-server/server.ts'
import { ClaudeCodeConfig } from './config.ts'
import { readLine } from './lines.ts'

/** Runs Claude Code (`claude -p`) as an agent. */
export function claudeCodeAdapter(options: CliOptions = {}): AgentAdapter<ClaudeCodeConfig> {
  return cliAdapter(claudeCode, options)
}

export const claudeCode: CliDefinition<ClaudeCodeConfig> = {
  type: 'claude-code',
  title: 'Claude Code on this machine',
  program: 'claude',
  configSchema: ClaudeCodeConfig,
  metering: 'final',
  overshoot: 'One call of the model: the program is given the cap of the run as --max-budget-usd and looks at it after each call.',
  knownVersions: ['2.1.329'],
  switches: {
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
  },
  apiKeyVariables: () => ['ANTHROPIC_API_KEY'],
  findsTools: true,
  arguments: (config, { sessionId, cap, toolsUrl }) => [
    '-p',
    ...flag('--bare', config.bare),
    ...option('--output-format', 'stream-json'),
    '--verbose',
    ...option('--permission-mode', config.permissionMode),
    ...option('--model', config.model),
    ...option('--tools', config.tools?.join(',')),
    ...listOption('--allowedTools', [...config.allowedTools, ...(toolsUrl === null ? [] : [allEngineTools])]),
    ...listOption('--disallowedTools', config.disallowedTools),
    ...option('--max-turns', config.maxTurns),
    ...option('--max-budget-usd', leastOf(config.maxBudgetUsd, cap)),
    ...option('--effort', config.effort),
    ...manyOption('--mcp-config', [config.mcpConfig, toolsUrl === null ? undefined : engineServer]),
    ...flag('--strict-mcp-config', config.mcpConfig !== undefined),
    ...flag('--no-session-persistence', !config.resume),
    ...option('--resume', sessionId ?? undefined),
  ],
  readLine,
}

/** Whoever runs without a person is refused what no rule allows. */
const allEngineTools = `mcp__${serverName}`

/** The program puts the values of its variables in, so that no secret stands in an argument. */
const engineServer = JSON.stringify({
  mcpServers: {
    [serverName]: { type: 'http', url: `\${${urlVariable}}`, headers: { Authorization: `Bearer \${${tokenVariable}}` } },
  },
})

/** In dollars; nothing where neither the configuration nor a budget limits it. */
function leastOf(maxBudgetUsd: number | undefined, cap: { readonly costMicros: number } | null): number | undefined {
  const limits = [maxBudgetUsd, cap && cap.costMicros / 1_000_000].filter((limit) => typeof limit === 'number')
  return limits.length === 0 ? undefined : Math.min(...limits)
}
