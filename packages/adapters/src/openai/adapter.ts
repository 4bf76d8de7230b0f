import type { AgentAdapter } from '@engine/core/plugin'

import { loadOptional, modelAdapter, noKey } from '../models/adapter.ts'
import { modelServers, type ModelServerOptions } from '../models/server-fetch.ts'
import { OpenAiConfig } from './config.ts'
import { createClient, createProvider, type OpenAiSdk } from './provider.ts'

const keyVariable = 'OPENAI_API_KEY'

/**
 * Runs a model of OpenAI, or of any server that speaks its protocol, as an agent, with the official SDK, which the host installs.
 * See docs/adapters.md.
 * @throws Error for an entry of `allow` that is none
 */
export function openAiAdapter(options: ModelServerOptions = {}): AgentAdapter<OpenAiConfig> {
  return openAiFrom(() => import('openai'), options)
}

export function openAiFrom(load: () => Promise<OpenAiSdk>, options: ModelServerOptions = {}): AgentAdapter<OpenAiConfig> {
  const servers = modelServers(options)
  return modelAdapter({
    servers,
    type: 'openai',
    title: 'A model of OpenAI, or of a server that speaks its protocol',
    configSchema: OpenAiConfig,
    async connect({ config, env }) {
      const sdk = await loadOptional('openai', load)
      if ('kind' in sdk) return sdk
      const apiKey = config.apiKey ?? (env[keyVariable] || undefined)
      // A server of one's own often has no keys.
      if (apiKey === undefined && config.baseUrl === undefined) return noKey(keyVariable)
      const client = createClient(sdk, config, { apiKey, fetch: servers.fetchOf(config.baseUrl) })
      return {
        provider: createProvider({ sdk, client, apiKey }, config),
        async check(signal) {
          const ids: string[] = []
          for await (const { id } of client.models.list({ signal })) ids.push(id)
          if (ids.includes(config.model)) return { status: 'passed', message: `The server offers ${config.model}.` }
          const known = ids.slice(0, 10).join(', ') || 'none'
          return { status: 'failed', message: `The server does not offer ${config.model}. Its models are: ${known}.` }
        },
      }
    },
  })
}
