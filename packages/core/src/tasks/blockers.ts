import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { blockersOf, shareCompanyTask } from './sql.ts'
import type { TaskTable } from './table.ts'

/** Turns references into tasks of this company, which do not end before this command does. @throws `rule_violated` naming the first one that is not there */
export async function requireTasks(context: CommandContext, references: readonly string[], field = 'blockedBy'): Promise<TaskTable[]> {
  const found = new Map<string, TaskTable>()
  // In one order, so that two who take several never wait for each other.
  for (const reference of references.toSorted()) {
    const task = await shareCompanyTask(context.tx, { companyId: context.companyId, reference })
    if (!task) throw notInCompany({ field, entity: 'task', reference })
    found.set(task.id, task)
  }
  return [...found.values()]
}

/** @throws `rule_violated` when one of the blockers waits, directly or not, for the task itself */
export async function refuseCycles(context: CommandContext, task: TaskTable, blockers: readonly TaskTable[]): Promise<void> {
  for (const blocker of blockers) await refuseCycle(context, task, blocker)
}

/** Gives a task these blockers and no others. The caller made sure that no cycle comes of it. */
export async function replaceBlockers(context: CommandContext, task: TaskTable, blockers: readonly TaskTable[]): Promise<void> {
  await context.tx.deleteFrom('task_blockers').where('company_id', '=', context.companyId).where('task_id', '=', task.id).execute()
  await addBlockers(context, task, blockers)
}

/** Gives blockers to a task that has none. Nothing waits for a new task yet, so no cycle can come of it. */
export async function addBlockers(context: CommandContext, task: TaskTable, blockers: readonly TaskTable[]): Promise<void> {
  if (blockers.length === 0) return
  const rows = blockers.map((blocker) => ({ company_id: context.companyId, task_id: task.id, blocker_id: blocker.id }))
  await context.tx.insertInto('task_blockers').values(rows).execute()
}

/** How many tasks a cycle check looks at before it refuses. */
const mostVisited = 10_000

async function refuseCycle(context: CommandContext, task: TaskTable, blocker: TaskTable): Promise<void> {
  if (blocker.id === task.id) throw ruleViolated(`${task.identifier} can not wait for itself.`, { taskId: task.id, blockerId: task.id })
  const seen = new Set<string>()
  const open = [blocker]
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.id === task.id) {
      throw ruleViolated(`${blocker.identifier} waits for ${task.identifier} already, so it can not block it.`, {
        taskId: task.id,
        blockerId: blocker.id,
      })
    }
    if (seen.has(next.id)) continue
    seen.add(next.id)
    if (seen.size > mostVisited)
      throw new EngineError(kernelErrors.rule_violated, `More than ${mostVisited} tasks wait for each other here; make the chain shorter.`)
    open.push(...(await blockersOf(context.tx, { companyId: context.companyId, taskId: next.id })))
  }
}
