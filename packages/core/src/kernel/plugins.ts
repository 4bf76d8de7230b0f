import type { z } from 'zod'

import type { PluginCapabilities, PluginSlotName } from '../plugins/schema.ts'
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
  /** What it shows; `path` is where the page is, below what a server is reached at. */
  readonly ui: readonly { readonly slot: PluginSlotName; readonly title: string; readonly entry: string; readonly path: string }[]
  /** Its operations that have a route, each with that below `/api`: `GET /companies/:companyId/notes`. */
  readonly operations: readonly { readonly name: string; readonly route: string }[]
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

/** What the plugins of an engine show, for surfaces that give it out. */
export interface PluginFiles {
  /** A file by where it is below what a server is reached at, such as `/plugins/notes/…/ui/notes.css`; undefined for all else. */
  find(path: string): Uint8Array | undefined
}
