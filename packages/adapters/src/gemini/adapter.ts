import type { AgentAdapter } from '@engine/core/plugin'

import { modelAdapter, noKey } from '../models/adapter.ts'
import { modelServers, type ModelServerOptions } from '../models/server-fetch.ts'
import { GeminiConfig } from './config.ts'
import { createClient, describeCallError } from './client.ts'
import { openConversation } from './conversation.ts'

const keyVariables = ['GEMINI_API_KEY', 'GOOGLE_API_KEY'] as const

/**
 * Runs a model of Google as an agent, over its HTTP interface and with nothing else installed. See docs/adapters.md.
 * @throws Error for an entry of `allow` that is none
 */
export function geminiAdapter(options: ModelServerOptions = {}): AgentAdapter<GeminiConfig> {
  const servers = modelServers(options)
  return modelAdapter({
    servers,
    type: 'gemini',
    title: 'A model of Google',
    configSchema: GeminiConfig,
    async connect({ config, env }) {
      const apiKey = [config.apiKey, ...keyVariables.map((name) => env[name])].find((key) => key !== undefined && key !== '')
      if (apiKey === undefined) return noKey(keyVariables[0])
      const client = createClient(config, { apiKey, fetch: servers.fetchOf(config.baseUrl) })
      return {
        provider: {
          name: 'google',
          model: config.model,
          secrets: [apiKey],
          open: (start) => openConversation(client, config, start),
          describe: describeCallError,
        },
        async check(signal) {
          const { displayName } = await client.findModel(signal)
          return { status: 'passed', message: `The model is ${displayName ?? config.model}.` }
        },
      }
    },
  })
}
