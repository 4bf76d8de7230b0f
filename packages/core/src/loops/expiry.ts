import { dueInteractions } from '../interactions/sql.ts'
import type { Host } from '../kernel/host.ts'
import type { Loop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'
import { createDueLoop } from './due.ts'

/** Ends questions that nobody answered in time. */
export function createExpiryLoop(host: Host, logger: Logger): Loop {
  const input = (companyId: string, interactionIds: readonly string[]) => ({ companyId, interactionIds })
  return createDueLoop(host, { name: 'expiry', find: dueInteractions, operation: 'interactions.expire', input }, logger)
}
