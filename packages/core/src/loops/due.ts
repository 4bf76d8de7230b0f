import type { Kysely } from 'kysely'

import { agentsToWake } from '../agents/schedule.ts'
import { stopsThatAreOver } from '../budgets/sql.ts'
import type { Database } from '../database/tables.ts'
import { dueInteractions } from '../interactions/sql.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { overdueTasks } from '../tasks/overdue.ts'

/** How many things one look takes; of one company, as many as a command may. */
const mostAtOnce = 500
const mostOfCompany = 100

interface Due {
  /** What the loop is called. */
  readonly name: string
  /** What is due now in all companies, the longest due first. */
  find(db: Kysely<Database>, given: { now: string; limit: number }): Promise<readonly { id: string; company_id: string }[]>
  /** The command that does what is due with some things of one company. */
  readonly operation: string
  /** In which field of its input they are. */
  readonly field: string
}

const dues: readonly Due[] = [
  // Says of open tasks that their due date has passed.
  { name: 'overdue', find: overdueTasks, operation: 'tasks.markOverdue', field: 'taskIds' },
  // Ends questions that nobody answered in time.
  { name: 'expiry', find: dueInteractions, operation: 'interactions.expire', field: 'interactionIds' },
  // Wakes agents by their schedules, where they have something to do.
  { name: 'schedules', find: agentsToWake, operation: 'agents.wakeScheduled', field: 'agentIds' },
  // Lets work go on that stopped at a limit, when its budget begins anew.
  { name: 'budgets', find: stopsThatAreOver, operation: 'budgets.endPeriods', field: 'budgetIds' },
]

/** A loop for each kind of thing that becomes due in companies. */
export function createDueLoops(host: Host, logger: Logger): readonly Loop[] {
  return dues.map((due) => createDueLoop(host, due, logger))
}

/** Does what is due in the company of each thing. A company that somebody has locked is passed over until it is free again. */
function createDueLoop(host: Host, due: Due, logger: Logger): Loop {
  const working = new Map<string, Promise<void>>()
  /** The first of the last full batch of each company that had one. */
  const firsts = new Map<string, string | undefined>()
  const loop = createLoop({ name: due.name, pass, pollMs: host.settings.sweepMs, clock: host.clock, vitals: host.vitals, logger })

  async function pass(): Promise<boolean> {
    const found = await host.looks(() => due.find(host.db, { now: isoTime(host.clock.now()), limit: mostAtOnce }))
    for (const [companyId, rows] of Map.groupBy(found, (row) => row.company_id)) {
      const ids = rows.slice(0, mostOfCompany).map((row) => row.id)
      if (!working.has(companyId)) working.set(companyId, work(companyId, ids))
    }
    return false
  }

  async function work(companyId: string, ids: readonly string[]): Promise<void> {
    try {
      await executeAsEngine(host, due.operation, { companyId, [due.field]: ids })
      const isFull = ids.length === mostOfCompany
      // What is still there was not done, for example since its database is ahead of this process: it waits for the next look.
      if (isFull && firsts.get(companyId) !== ids[0]) loop.wake()
      if (isFull) firsts.set(companyId, ids[0])
      else firsts.delete(companyId)
    } catch (error) {
      logger.error(`${due.name}: ${due.operation} failed and is tried again`, { companyId, error: String(error) })
    } finally {
      working.delete(companyId)
    }
  }

  return {
    ...loop,
    async stop() {
      await loop.stop()
      await Promise.all(working.values())
    },
  }
}
