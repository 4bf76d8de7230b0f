import { systemActor } from '../kernel/actor.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { overdueTasks } from '../tasks/overdue.ts'

/** How many tasks one look takes; of one company, as many as its command may. */
const mostAtOnce = 500
const mostOfCompany = 100

/** Says of open tasks that their due date has passed. A company that somebody has locked is passed over until it is free again. */
export function createOverdueLoop(host: Host, logger: Logger): Loop {
  const marking = new Map<string, Promise<void>>()
  const loop = createLoop({ name: 'overdue', pass, pollMs: host.settings.sweepMs, clock: host.clock, logger })

  async function pass(): Promise<boolean> {
    const tasks = await overdueTasks(host.db, { now: isoTime(host.clock.now()), limit: mostAtOnce })
    const companies = Map.groupBy(tasks, (task) => task.company_id)
    for (const [companyId, due] of companies) {
      const taskIds = due.slice(0, mostOfCompany).map((task) => task.id)
      if (!marking.has(companyId)) marking.set(companyId, mark({ companyId, taskIds }))
    }
    return false
  }

  async function mark(input: { companyId: string; taskIds: string[] }): Promise<void> {
    try {
      await execute(host, 'tasks.markOverdue', { input, call: { actor: systemActor } })
      if (input.taskIds.length === mostOfCompany) loop.wake()
    } catch (error) {
      logger.error('overdue tasks could not be marked', { companyId: input.companyId, error: String(error) })
    } finally {
      marking.delete(input.companyId)
    }
  }

  return {
    ...loop,
    async stop() {
      await loop.stop()
      await Promise.all(marking.values())
    },
  }
}
