import type { z } from 'zod'

import type { AgentTable } from '../agents/table.ts'
import type { CommandContext } from '../kernel/command.ts'
import { beginRun } from '../runs/begin.ts'
import { newCredential } from '../runs/credential.ts'
import { aboutRun, runRef } from '../runs/end.ts'
import { findQueuedRun, insertRun } from '../runs/sql.ts'
import { toRun, type RunTable } from '../runs/table.ts'
import { checkoutTask } from './checkout.ts'
import { showTask } from './labels.ts'
import type { Checkout, TaskStatus } from './schema.ts'
import type { TaskTable } from './table.ts'

interface Start {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly expectedStatuses?: readonly TaskStatus[] | undefined
}

/**
 * Checks a task out for an agent that works by itself, outside our workers: for a new run, or for the one that waited for an
 * answer and goes on. @throws see `explainCheckout`
 */
export async function startRun(context: CommandContext, { task, agent, expectedStatuses }: Start): Promise<z.output<typeof Checkout>> {
  const known = await findResumed(context, { task, agent })
  if (known) return resumed(context, known, { task, agent, expectedStatuses })
  const runId = context.newId()
  const workerId = workerOf(context)
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
  context.emit('run.started', runRef(run), { ...aboutRun(run), fence: claimed.task.fence, workerId })
  return { task: await showTask(context.tx, claimed.task), run: toRun(run), credential }
}

function workerOf({ actor }: CommandContext): string {
  return outsideWorker(actor)
}

/** Who executes a run that was not claimed by a worker: whoever checked its task out. Pure. */
export function outsideWorker({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `external:${kind}:${id}`
}

/** The run of this agent that waited for an answer and is queued to go on. */
async function findResumed({ tx, companyId }: CommandContext, { task, agent }: Start): Promise<RunTable | null> {
  if (task.is_asked === 0) return null
  const queued = await findQueuedRun(tx, { companyId, agentId: agent.id, taskId: task.id })
  return queued && queued.fence !== null ? queued : null
}

async function resumed(context: CommandContext, run: RunTable, { task, agent, expectedStatuses }: Start) {
  const workerId = workerOf(context)
  const claimed = await checkoutTask(context, { task, agent, runId: run.id, workerId, expectedStatuses })
  const begun = await beginRun(context, run, { fence: claimed.task.fence, workerId, isBudgeted: claimed.isBudgeted })
  return { task: await showTask(context.tx, claimed.task), run: toRun(begun.run), credential: begun.credential }
}
