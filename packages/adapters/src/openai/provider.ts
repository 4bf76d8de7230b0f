import type OpenAI from 'openai'
import type * as sdkModule from 'openai'

import type { CallError, ModelProvider } from '../models/conversation.ts'
import { messageOf } from '../failures.ts'
import { connectionCodeOf } from '../models/failures.ts'
import { plainFetch } from '../models/plain-fetch.ts'
import { openChat } from './chat.ts'
import type { OpenAiConfig } from './config.ts'
import { openResponses, ResponseFailed } from './responses.ts'

export type OpenAiSdk = typeof sdkModule

const ownUrl = 'https://api.openai.com/v1'

interface Asking {
  readonly apiKey: string | undefined
  readonly fetch: typeof fetch
}

export function createClient(sdk: OpenAiSdk, config: OpenAiConfig, { apiKey, fetch }: Asking): OpenAI {
  return new sdk.OpenAI({
    // It insists on one; what is sent is decided by the fetch below.
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    baseURL: config.baseUrl ?? ownUrl,
    // Engine tries again by itself, and knows better when.
    maxRetries: 0,
    // The run has one limit for all of its calls.
    timeout: config.timeoutSec * 1_000,
    // It would print on the host's console.
    logLevel: 'off',
    fetch: plainFetch(apiKey, fetch),
  })
}

interface Connection {
  readonly sdk: OpenAiSdk
  readonly client: OpenAI
  readonly apiKey: string | undefined
}

export function createProvider({ sdk, client, apiKey }: Connection, config: OpenAiConfig): ModelProvider {
  const { model, reasoningEffort, baseUrl } = config
  const api = config.api ?? (baseUrl === undefined ? 'responses' : 'chat')
  const limitName = baseUrl === undefined ? 'max_completion_tokens' : 'max_tokens'
  return {
    name: 'openai',
    model,
    secrets: apiKey === undefined ? [] : [apiKey],
    open: (start) =>
      api === 'chat'
        ? openChat(client, { model, reasoningEffort, limitName }, start)
        : openResponses(client, { model, reasoningEffort }, start),
    describe: (error) => describeCallError(sdk, error),
  }
}

function describeCallError(sdk: OpenAiSdk, error: unknown): CallError {
  const isTimeout = error instanceof sdk.APIConnectionTimeoutError
  const connectionCode = connectionCodeOf(error)
  if (error instanceof sdk.APIError) {
    const { status, code, type, headers, message } = error
    // Other servers put what they like here, numbers too.
    const codes = [code, type].filter((each): each is string => typeof each === 'string')
    return { status, codes, headers, message, connectionCode, isTimeout }
  }
  const codes = error instanceof ResponseFailed ? [error.code] : []
  return { status: undefined, codes, headers: undefined, message: messageOf(error), connectionCode, isTimeout }
}
