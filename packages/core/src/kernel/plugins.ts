import type { z } from 'zod'

import type { PluginCapabilities } from '../plugins/schema.ts'
import type { JsonObject } from './json.ts'

/** What the rest of Engine knows of a plugin that this program has. */
export interface LoadedPlugin {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly version: string
  readonly kind: 'trusted' | 'isolated'
  readonly capabilities: PluginCapabilities
  readonly capabilitiesHash: string
  readonly configSchema: z.ZodType | null
  readonly configJsonSchema: JsonObject | null
  readonly secretFields: readonly string[]
  readonly subscriptions: readonly string[]
  readonly webhooks: readonly string[]
  readonly ui: readonly { readonly slot: string; readonly title: string; readonly entry: string }[]
  /** Takes a request of another system, outside of any transaction. @returns false when it is not genuine */
  receive(request: ReceivedRequest): Promise<boolean>
}

export interface ReceivedRequest {
  readonly companyId: string
  readonly name: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** The plugins of this engine. */
export interface PluginCatalog {
  readonly all: readonly LoadedPlugin[]
  find(id: string): LoadedPlugin | undefined
}
