import type { AgentAdapter } from '@engine/core/plugin'

import { cliAdapter, type CliOptions } from '../cli/adapter.ts'
import type { CliDefinition } from '../cli/definition.ts'
import { flag, option } from '../cli/options.ts'
import { keyVariableOf } from '../cli/provider.ts'
import { PiConfig } from './config.ts'
import { readLine } from './lines.ts'

/** Runs pi (`pi --mode json`) as an agent. */
export function piAdapter(options: CliOptions = {}): AgentAdapter<PiConfig> {
  return cliAdapter(pi, options)
}

export const pi: CliDefinition<PiConfig> = {
  type: 'pi',
  title: 'pi on this machine',
  program: 'pi',
  configSchema: PiConfig,
  metering: 'stream',
  overshoot: 'One call of the model, since usage is told after each, and what it uses within graceSec after it was told to stop.',
  knownVersions: ['0.73.1'],
  switches: { PI_OFFLINE: '1', PI_TELEMETRY: '0' },
  apiKeyVariables: (config) => (config.provider === undefined ? [] : [keyVariableOf(config.provider)]),
  findsTools: false,
  arguments: (config, { sessionId }) => [
    '-p',
    ...option('--mode', 'json'),
    ...option('--provider', config.provider),
    ...option('--model', config.model),
    ...option('--thinking', config.thinking),
    ...option('--tools', config.tools?.join(',')),
    ...flag('--no-session', !config.resume),
    ...option('--session', sessionId ?? undefined),
  ],
  readLine,
}
