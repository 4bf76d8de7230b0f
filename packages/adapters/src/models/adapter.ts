import { ADAPTER_SPEC, type AdapterTestOptions, type AdapterTestReport, type AgentAdapter } from '@engine/core/plugin'

import { failed, type Failed } from '../failures.ts'
import { originOf } from '../origin.ts'
import type { ModelLimits } from './config.ts'
import type { ModelProvider } from './conversation.ts'
import { callFailure } from './failures.ts'
import { runModel } from './run.ts'
import type { ModelServers } from './server-fetch.ts'

type Check = AdapterTestReport['checks'][number]

interface ModelConnection {
  readonly provider: ModelProvider
  /** Asks the server about the model, without letting it work. */
  check(signal: AbortSignal): Promise<Omit<Check, 'name'>>
}

/** What a configuration has that any model can be told. */
type ModelConfig = ModelLimits & { readonly baseUrl?: string | undefined }

interface Parts<Config extends ModelConfig> extends Pick<AgentAdapter<Config>, 'type' | 'title' | 'configSchema'> {
  /** Finds all that a call needs, or says what is missing; calls nobody. */
  connect(options: Pick<AdapterTestOptions<Config>, 'config' | 'env'>): Promise<ModelConnection | Failed>
  readonly servers: ModelServers
}

/** An adapter that calls a model by itself. */
export function modelAdapter<Config extends ModelConfig>({
  connect: connectAllowed,
  servers,
  ...named
}: Parts<Config>): AgentAdapter<Config> {
  const connect: typeof connectAllowed = async (options) => {
    const { baseUrl } = options.config
    const refusal = baseUrl === undefined ? null : await servers.refusal(baseUrl)
    return refusal === null ? connectAllowed(options) : failed('config', refusal)
  }
  return {
    spec: ADAPTER_SPEC,
    ...named,
    metering: 'call',
    alwaysSecret: ['apiKey'],
    overshoot:
      '0 while the provider bills no more than was asked for: input within the bytes that were sent, output within the limit that was sent, at the price that is known. Of a call that is cut, what the model thought without sending or counting it.',
    provider: ({ baseUrl }) => originOf(baseUrl),
    start: async (options) => ({
      async run(turn) {
        const connected = await connect(options)
        if ('kind' in connected) return connected
        const { config: limits, logger, redactor } = options
        return runModel(turn, { provider: connected.provider, limits, logger, redactor })
      },
    }),
    async test(options) {
      const connected = await connect(options)
      const name = 'the configuration is complete'
      if ('kind' in connected) return { checks: [{ name, status: 'failed', message: connected.message }] }
      return { checks: [{ name, status: 'passed', message: 'Nothing is missing.' }, await checkServer(connected, options.signal)] }
    },
  }
}

async function checkServer(connected: ModelConnection, signal: AbortSignal): Promise<Check> {
  const name = 'the server knows the key and the model'
  try {
    return { name, ...(await connected.check(signal)) }
  } catch (error) {
    return { name, status: 'failed', message: callFailure(error, connected.provider, (text) => text).message }
  }
}

/** An SDK that is only there when the host installed it. */
export async function loadOptional<Module>(name: string, load: () => Promise<Module>): Promise<Module | Failed> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    return failed(
      'config',
      `The package ${name} is not installed where Engine runs. Add it to your dependencies, such as with npm install ${name}.`,
    )
  }
}

export function noKey(variable: string): Failed {
  return failed('config', `There is no key. Give apiKey in the agent's adapterConfig, or ${variable} in the agent's environment.`)
}
