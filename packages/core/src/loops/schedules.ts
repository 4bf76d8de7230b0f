import { agentsToWake } from '../agents/schedule.ts'
import type { Host } from '../kernel/host.ts'
import type { Loop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'
import { createDueLoop } from './due.ts'

/** Wakes agents by their schedules, where they have something to do. */
export function createScheduleLoop(host: Host, logger: Logger): Loop {
  const input = (companyId: string, agentIds: readonly string[]) => ({ companyId, agentIds })
  return createDueLoop(host, { name: 'schedules', find: agentsToWake, operation: 'agents.wakeScheduled', input }, logger)
}
