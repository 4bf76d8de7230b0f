import { z } from 'zod'

import { PluginCapabilities, PluginStatus } from './schema.ts'

const about = { plugin: z.string(), versionLabel: z.string() }

export const pluginEvents = {
  /** `status` is `installed` while somebody still has to approve what it asks for. */
  'plugin.installed': z.object({ ...about, status: PluginStatus, capabilities: PluginCapabilities, capabilitiesHash: z.string() }),
  'plugin.status_changed': z.object({ ...about, from: PluginStatus, to: PluginStatus, reason: z.string().nullable() }),
  'plugin.configured': z.object({ ...about, changed: z.array(z.string()) }),
  'plugin.webhook_received': z.object({ ...about, webhook: z.string() }),
  'plugin.subscription_parked': z.object({ ...about, subscription: z.string(), seq: z.number(), attempts: z.number(), reason: z.string() }),
  'plugin.subscription_replayed': z.object({ ...about, subscription: z.string(), seq: z.number(), isSkipped: z.boolean() }),
}
