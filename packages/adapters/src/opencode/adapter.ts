import type { AgentAdapter } from '@engine/core/plugin'
import { parse, type ParseError } from 'jsonc-parser'
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
  toolSettings: { variable: 'OPENCODE_CONFIG_CONTENT', with: withEngineServer },
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

/** Beside the agent's own settings; null for those that can not be read. */
function withEngineServer(given = '{}'): string | null {
  const config = Settings.safeParse(readSettings(given))
  if (!config.success) return null
  const headers = { Authorization: `Bearer {env:${tokenVariable}}` }
  const server = { type: 'remote', url: `{env:${urlVariable}}`, headers, oauth: false, enabled: true }
  return JSON.stringify({ ...config.data, mcp: { ...config.data.mcp, [serverName]: server } })
}

const Settings = z.looseObject({ mcp: z.record(z.string(), z.json()).optional() })

/** As the program reads them: JSON with comments and with commas at the ends of lists. Undefined for anything else. */
function readSettings(text: string): unknown {
  const errors: ParseError[] = []
  const settings: unknown = parse(text, errors, { allowTrailingComma: true })
  return errors.length === 0 ? settings : undefined
}
