import type { AgentAdapter } from '@engine/core/plugin'
import { z } from 'zod'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { flag, option } from '../cli/options.ts'
import { keyVariableOf } from '../cli/provider.ts'
import { serverName, tokenVariable, urlVariable } from '../tool-server/server.ts'
import { OpencodeConfig } from './config.ts'
import { providerOf, readLine } from './lines.ts'

/** Runs opencode (`opencode run`) as an agent. */
export function opencodeAdapter(options: CliOptions = {}): AgentAdapter<OpencodeConfig> {
  return cliAdapter(opencode, options)
}

export const opencode: CliDefinition<OpencodeConfig> = {
  type: 'opencode',
  title: 'opencode on this machine',
  program: 'opencode',
  configSchema: OpencodeConfig,
  metering: 'stream',
  overshoot: 'One step of the agent, since usage is told after each, and what it uses within graceSec after it was told to stop.',
  knownVersions: ['1.18.33'],
  switches: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
  apiKeyVariables: (config) => {
    const provider = providerOf(config.model)
    return provider === 'google' ? ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'] : [keyVariableOf(provider)]
  },
  findsTools: true,
  toolVariables: (variables) => withEngineServer(variables[configVariable]),
  arguments: (config, { sessionId, cwd }) => [
    'run',
    ...option('--format', 'json'),
    ...option('-m', config.model),
    ...option('--dir', cwd),
    ...option('--agent', config.agent),
    ...flag('--auto', config.auto),
    ...option('-s', sessionId ?? undefined),
  ],
  readLine,
}

const configVariable = 'OPENCODE_CONFIG_CONTENT'

/** Beside what the agent's own variable says; one that can not be read is left for the program to complain about. */
function withEngineServer(given = '{}'): Record<string, string> {
  const config = Settings.safeParse(parse(given))
  if (!config.success) return {}
  const headers = { Authorization: `Bearer {env:${tokenVariable}}` }
  const server = { type: 'remote', url: `{env:${urlVariable}}`, headers, oauth: false, enabled: true }
  return { [configVariable]: JSON.stringify({ ...config.data, mcp: { ...config.data.mcp, [serverName]: server } }) }
}

const Settings = z.looseObject({ mcp: z.record(z.string(), z.json()).optional() })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
