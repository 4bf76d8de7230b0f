import type { Host } from '../kernel/host.ts'
import type { Loop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'
import { overdueTasks } from '../tasks/overdue.ts'
import { createDueLoop } from './due.ts'

/** Says of open tasks that their due date has passed. */
export function createOverdueLoop(host: Host, logger: Logger): Loop {
  const input = (companyId: string, taskIds: readonly string[]) => ({ companyId, taskIds })
  return createDueLoop(host, { name: 'overdue', find: overdueTasks, operation: 'tasks.markOverdue', input }, logger)
}
