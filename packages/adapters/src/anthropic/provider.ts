import type Anthropic from '@anthropic-ai/sdk'
import type * as sdkModule from '@anthropic-ai/sdk'

import type { CallError, ModelProvider } from '../models/conversation.ts'
import { messageOf } from '../failures.ts'
import { connectionCodeOf } from '../models/failures.ts'
import { plainFetch } from '../models/plain-fetch.ts'
import type { AnthropicConfig } from './config.ts'
import { openConversation } from './conversation.ts'

export type AnthropicSdk = typeof sdkModule

const ownUrl = 'https://api.anthropic.com'

interface Asking {
  readonly apiKey: string
  readonly fetch: typeof fetch
}

export function createClient(sdk: AnthropicSdk, config: AnthropicConfig, { apiKey, fetch }: Asking): Anthropic {
  return new sdk.Anthropic({
    apiKey,
    baseURL: config.baseUrl ?? ownUrl,
    // Engine tries again by itself, and knows better when.
    maxRetries: 0,
    // The run has one limit for all of its calls.
    timeout: config.timeoutSec * 1_000,
    // It would print requests on the host's console.
    logLevel: 'off',
    fetch: plainFetch(apiKey, fetch),
  })
}

export function createProvider(sdk: AnthropicSdk, client: Anthropic, model: string): ModelProvider {
  return {
    name: 'anthropic',
    model,
    secrets: client.apiKey === null ? [] : [client.apiKey],
    open: (start) => openConversation(client, model, start),
    describe: (error) => describeCallError(sdk, error),
  }
}

function describeCallError(sdk: AnthropicSdk, error: unknown): CallError {
  const isTimeout = error instanceof sdk.APIConnectionTimeoutError
  const connectionCode = connectionCodeOf(error)
  if (!(error instanceof sdk.APIError))
    return { status: undefined, codes: [], headers: undefined, message: messageOf(error), connectionCode, isTimeout }
  const { status, type, errorCode, headers, apiMessage } = error
  const codes = [errorCode, type].filter((code) => code !== null)
  return { status, codes, headers, message: apiMessage ?? error.message, connectionCode, isTimeout }
}
