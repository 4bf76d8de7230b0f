import type { CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'

/** The variables of a run besides the few of the host; later ones win. */
export function cliVariables<Config extends CliConfig>(
  definition: CliDefinition<Config>,
  config: Config,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const { apiKey, home } = config
  const keys = apiKey === undefined ? [] : definition.apiKeyVariables(config).map((name) => [name, apiKey])
  return { ...definition.switches, ...(home !== undefined && { HOME: home }), ...config.env, ...given, ...Object.fromEntries(keys) }
}
