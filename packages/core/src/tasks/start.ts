import type { z } from 'zod'

import type { AgentTable } from '../agents/table.ts'
import type { CommandContext } from '../kernel/command.ts'
import { newCredential } from '../runs/credential.ts'
import { aboutRun, runRef } from '../runs/end.ts'
import { insertRun } from '../runs/sql.ts'
import { toRun } from '../runs/table.ts'
import { checkoutTask } from './checkout.ts'
import { showTask } from './labels.ts'
import type { Checkout, TaskStatus } from './schema.ts'
import type { TaskTable } from './table.ts'

interface Start {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly expectedStatuses?: readonly TaskStatus[] | undefined
}

/** Checks a task out for a new run of an agent that works by itself, outside our workers. @throws see `explainCheckout` */
export async function startRun(context: CommandContext, { task, agent, expectedStatuses }: Start): Promise<z.output<typeof Checkout>> {
  const runId = context.newId()
  const workerId = `external:${context.actor.kind}:${context.actor.id}`
  const { credential, hash } = newCredential()
  // The lease refers to the run, so the run's row comes first; a refused checkout rolls it back.
  const run = await insertRun(context.tx, {
    id: runId,
    company_id: context.companyId,
    agent_id: agent.id,
    task_id: task.id,
    status: 'running',
    priority: task.priority,
    attempt: 1,
    wake_reasons: JSON.stringify(['manual']),
    fence: task.fence + 1,
    worker_id: workerId,
    credential_hash: hash,
    available_at: context.now,
    created_at: context.now,
    started_at: context.now,
  })
  const claimed = await checkoutTask(context, { task, agent, runId, workerId, expectedStatuses })
  context.emit('run.started', runRef(run), { ...aboutRun(run), fence: claimed.fence, workerId })
  return { task: await showTask(context.tx, claimed), run: toRun(run), credential }
}
