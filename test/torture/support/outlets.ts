import { hash } from 'node:crypto'

import { localSecrets } from '@engine/core'
import { emailDestination } from '@engine/deliveries/email'
import { webhookDestination } from '@engine/deliveries/webhook'

/** The same in all processes of the loop. */
const key = hash('sha256', 'of the loop of deliveries', 'buffer')

/** What every engine of the loop of deliveries is made with: destinations that may reach these receivers on this machine, and the key of the secrets. */
export function outlets(allow: readonly string[] = []) {
  return { destinations: [webhookDestination({ allow }), emailDestination({ allow })], secrets: localSecrets({ key }) }
}
