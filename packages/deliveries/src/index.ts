// Every destination at once. One alone is in its own subpath; see docs/destinations.md.
import type { Destination } from '@engine/core/plugin'

import { emailDestination, type EmailOptions } from './email/index.ts'
import { slackDestination } from './slack/index.ts'
import { storageDestination, type StorageOptions } from './storage/index.ts'
import { webhookDestination } from './webhook/index.ts'

/** What only who starts the server may say; see docs/outbound.md for `allow`. */
export type DestinationOptions = EmailOptions & StorageOptions

/** Every destination that Engine brings: webhook, email, storage, slack. */
export function allDestinations(options: DestinationOptions = {}): Destination[] {
  return [webhookDestination, emailDestination, storageDestination, slackDestination].map((create) => create(options))
}
