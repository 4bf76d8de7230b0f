import type { AgentAdapter } from '@engine/core/plugin'

import { loadOptional, modelAdapter, noKey } from '../models/adapter.ts'
import { modelServers, type ModelServerOptions } from '../models/server-fetch.ts'
import { AnthropicConfig } from './config.ts'
import { createClient, createProvider, type AnthropicSdk } from './provider.ts'

const keyVariable = 'ANTHROPIC_API_KEY'

/**
 * Runs a model of Anthropic as an agent, with its own official SDK, which the host installs. See docs/adapters.md.
 * @throws Error for an entry of `allow` that is none
 */
export function anthropicAdapter(options: ModelServerOptions = {}): AgentAdapter<AnthropicConfig> {
  return anthropicFrom(() => import('@anthropic-ai/sdk'), options)
}

export function anthropicFrom(load: () => Promise<AnthropicSdk>, options: ModelServerOptions = {}): AgentAdapter<AnthropicConfig> {
  const servers = modelServers(options)
  return modelAdapter({
    servers,
    type: 'anthropic',
    title: 'A model of Anthropic',
    configSchema: AnthropicConfig,
    async connect({ config, env }) {
      const sdk = await loadOptional('@anthropic-ai/sdk', load)
      if ('kind' in sdk) return sdk
      const apiKey = config.apiKey ?? env[keyVariable]
      if (apiKey === undefined || apiKey === '') return noKey(keyVariable)
      const client = createClient(sdk, config, { apiKey, fetch: servers.fetchOf(config.baseUrl) })
      return {
        provider: createProvider(sdk, client, config.model),
        async check(signal) {
          const found = await client.models.retrieve(config.model, {}, { signal })
          return { status: 'passed', message: `The model is ${found.display_name}.` }
        },
      }
    },
  })
}
