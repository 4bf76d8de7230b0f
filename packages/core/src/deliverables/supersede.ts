import type { CommandContext } from '../kernel/command.ts'
import { latestDeliverable, updateDeliverable } from './sql.ts'
import type { DeliverableTable } from './table.ts'

/** Takes back a version that still waits for its review, because its task was moved on without one. */
export async function supersedePending(context: CommandContext, taskId: string): Promise<void> {
  const row = await latestDeliverable(context.tx, { companyId: context.companyId, taskId })
  if (row?.status !== 'pending') return
  const next = await updateDeliverable(context.tx, row, { status: 'superseded', updated_at: context.now })
  if (next) context.emit('deliverable.superseded', deliverableRef(next), aboutDeliverable(next))
}

export function deliverableRef(row: DeliverableTable) {
  return { type: 'deliverable' as const, id: row.id, version: row.version }
}

export function aboutDeliverable(row: DeliverableTable) {
  return { taskId: row.task_id, agentId: row.agent_id, number: row.number, title: row.title }
}
