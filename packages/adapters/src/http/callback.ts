import { isSigned, webhookKey, type AgentAdapter } from '@engine/core/plugin'

import type { HttpConfig } from './config.ts'

type Callback = NonNullable<HttpConfig['callback']>

/** What of its secrets are keys: base64 of 24 to 64 bytes, after `whsec_`. */
export function keysOf({ secrets }: Callback): Buffer[] {
  return secrets.map(webhookKey).filter((key) => key !== null)
}

export const noKey = 'callback.secrets: none of them is whsec_ with base64 of 24 to 64 bytes behind it.'

/** Where an agent says how its run goes. Pure. */
export function callbackUrl({ baseUrl }: Callback, runId: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/api/runs/${runId}/callbacks`
}

/** Whether a call was signed with one of the secrets, by Standard Webhooks. Pure. */
export const isGenuine: NonNullable<AgentAdapter<HttpConfig>['isGenuine']> = ({ config, headers, body }) =>
  config.callback !== undefined && keysOf(config.callback).some((key) => isSigned('standard', key, { headers, body }))
