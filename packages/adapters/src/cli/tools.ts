import type { AdapterStartOptions, AdapterTurn, Redactor, RunOutcome } from '@engine/core/plugin'

import type { Journal } from '../journal.ts'
import { serveTools, toolVariables, type ToolAddress } from '../tool-server/server.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'
import { cliVariables } from './variables.ts'

/** Engine's tools as one program has them; without an address where they are switched off. */
export interface CliTools {
  readonly address: ToolAddress | null
  /** Whether the program is told of them by itself. */
  readonly isTold: boolean
  readonly variables: Readonly<Record<string, string>>
  readonly redactor: Redactor
  readonly ending: RunOutcome | null
  readonly lost: AbortSignal
  close(): Promise<void>
}

interface Run<Config extends CliConfig> {
  readonly definition: CliDefinition<Config>
  readonly options: AdapterStartOptions<Config>
  readonly turn: AdapterTurn
}

/** Serves the tools of a run to its program, until they are closed. */
export async function openTools<Config extends CliConfig>(run: Run<Config>, journal: Journal): Promise<CliTools> {
  const { definition, options, turn } = run
  const { config, env, redactor, logger } = options
  if (!config.engineTools) return noTools(redactor)
  const settings = settingsWithTools(definition, cliVariables(definition, config, env))
  if (settings?.reason !== undefined) await journal.log('system', `${settings.reason}\n`)
  const record = journal.emit.bind(journal)
  // What such a program calls, it says by itself in its lines.
  const server = await serveTools({ tools: turn.tools, hasEndings: true, isTold: false, record, redactor, logger })
  return {
    address: server,
    isTold: definition.findsTools && settings?.reason === undefined,
    variables: { ...settings?.variables, ...toolVariables(server) },
    redactor: server.redactor,
    get ending() {
      return server.ending
    },
    lost: server.lost,
    close: () => server.close(),
  }
}

interface SettingsWithTools {
  readonly variables: Readonly<Record<string, string>>
  /** Why the program is not told of the tools, where it is not. */
  readonly reason?: string
}

/** The settings that tell a program of Engine's tools; null where it needs none. Pure. */
export function settingsWithTools<Config extends CliConfig>(
  { toolSettings }: CliDefinition<Config>,
  variables: Readonly<Record<string, string>>,
): SettingsWithTools | null {
  if (!toolSettings) return null
  const { variable } = toolSettings
  const settings = toolSettings.with(variables[variable])
  if (settings !== null) return { variables: { [variable]: settings } }
  const reason = `${variable} can not be read, so the tools of Engine could not be added to it: the program is given it as it is, and does not find them.`
  return { variables: {}, reason }
}

function noTools(redactor: Redactor): CliTools {
  return {
    address: null,
    isTold: false,
    variables: {},
    redactor,
    ending: null,
    lost: new AbortController().signal,
    close: async () => undefined,
  }
}
