import type { AdapterStartOptions, AdapterTurn, Redactor, RunOutcome } from '@engine/core/plugin'

import type { Journal } from '../program/journal.ts'
import { serveTools, toolVariables, type ToolAddress } from '../tool-server/server.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'
import { cliVariables } from './variables.ts'

/** Engine's tools as one program has them; without an address where they are switched off. */
export interface CliTools {
  readonly address: ToolAddress | null
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
  const record = journal.emit.bind(journal)
  // What such a program calls, it says by itself in its lines.
  const server = await serveTools({ tools: turn.tools, hasEndings: true, isTold: false, record, redactor, logger })
  return {
    address: server,
    variables: { ...definition.toolVariables?.(cliVariables(definition, config, env)), ...toolVariables(server) },
    redactor: server.redactor,
    get ending() {
      return server.ending
    },
    lost: server.lost,
    close: () => server.close(),
  }
}

function noTools(redactor: Redactor): CliTools {
  return { address: null, variables: {}, redactor, ending: null, lost: new AbortController().signal, close: async () => undefined }
}
