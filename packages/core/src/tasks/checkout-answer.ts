import type { z } from 'zod'

import { eventActor } from '../kernel/actor.ts'
import type { BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { newRun } from '../runs/sql.ts'
import { toRun, type RunTable } from '../runs/table.ts'
import type { Checkout, CheckoutInput, Task, TaskStatus } from './schema.ts'
import type { TaskTable } from './table.ts'

type Output = z.output<typeof Checkout>
type Call = BatchCall<z.output<typeof CheckoutInput>>

/** One member of the statement: the call's wishes, and the ids of what it will create. */
export interface Member {
  readonly task: string
  readonly agent: string | null
  readonly run: string
  readonly hash: string
  readonly worker: string
  readonly assigned: string
  readonly claimed: string
  readonly started: string
  readonly actorKind: string
  readonly actorId: string
  readonly requestId: string | null
  readonly companies: string | null
}

export type Claimed = TaskTable & {
  place: number
  from_status: TaskStatus
  assigned_seq: number | null
  claimed_seq: number
  started_seq: number
}

export interface Entry {
  readonly place: number
  readonly member: Member
  readonly credential: string
}

/** What a call is told, and the events that were recorded for it. Pure. */
export function answerOf(context: BatchContext, given: Entry & { row: Claimed; task: Task; call: Call }): Done<Output> {
  const { task, credential } = given
  return { output: { task, run: toRun(runOf(context, given)), credential }, events: eventsOf(context, given) }
}

/** The row that the statement inserted: all of it is known without reading it back. */
function runOf({ now }: BatchContext, { row, member }: Entry & { row: Claimed }): RunTable {
  return newRun({
    id: member.run,
    company_id: row.company_id,
    agent_id: row.checkout_agent_id ?? '',
    task_id: row.id,
    status: 'running',
    wake_reasons: '["manual"]',
    priority: row.priority,
    attempt: 1,
    fence: row.fence,
    worker_id: member.worker,
    credential_hash: member.hash,
    available_at: now,
    created_at: now,
    started_at: now,
  })
}

function eventsOf({ now }: BatchContext, { row, member, call }: Entry & { row: Claimed; call: Call }): AnyEvent[] {
  const agentId = row.checkout_agent_id ?? ''
  const envelope = { companyId: row.company_id, actor: eventActor(call.actor), requestId: call.requestId, at: now }
  const entity = { type: 'task', id: row.id, version: row.version } as const
  const assigned: AnyEvent[] =
    row.assigned_seq === null
      ? []
      : [
          {
            ...envelope,
            id: member.assigned,
            seq: row.assigned_seq,
            type: 'task.assigned',
            entity,
            data: { agentId, reason: 'checked it out' },
          },
        ]
  return [
    ...assigned,
    {
      ...envelope,
      id: member.claimed,
      seq: row.claimed_seq,
      type: 'task.claimed',
      entity,
      data: { runId: member.run, agentId, fence: row.fence, from: row.from_status },
    },
    {
      ...envelope,
      id: member.started,
      seq: row.started_seq,
      type: 'run.started',
      entity: { type: 'run', id: member.run, version: 1 },
      data: { taskId: row.id, agentId, attempt: 1, fence: row.fence, workerId: member.worker },
    },
  ]
}
