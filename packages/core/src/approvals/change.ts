import { eventActor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, notFound } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { assertTransition } from '../kernel/transition.ts'
import { approvalErrors } from './errors.ts'
import { approvalMachine } from './machine.ts'
import { hashPayload } from './payload.ts'
import type { ApprovalStatus, ApprovalType } from './schema.ts'
import { changeApproval, findApproval, findOpenApproval } from './sql.ts'
import type { ApprovalTable } from './table.ts'

interface NewApproval {
  readonly type: ApprovalType
  readonly subject: string
  readonly payload: JsonObject
  readonly reason: string | null
  readonly taskId: string | null
  readonly agentId: string | null
}

/** Records a request, of whoever acts. @throws `approval_pending` when one about the same waits already */
export async function insertApproval(context: CommandContext, given: NewApproval): Promise<ApprovalTable> {
  const { type, subject } = given
  const open = await findOpenApproval(context.tx, { companyId: context.companyId, type, subject })
  if (open) throw isPending(open)
  const requester = eventActor(context.actor)
  const row: ApprovalTable = {
    id: context.newId(),
    company_id: context.companyId,
    type,
    subject,
    status: 'pending',
    payload: JSON.stringify(given.payload),
    payload_hash: hashPayload(given.payload),
    reason: given.reason,
    task_id: given.taskId,
    agent_id: given.agentId,
    requested_by_kind: requester.kind,
    requested_by_id: requester.id,
    run_id: requester.runId,
    decided_by_kind: null,
    decided_by_id: null,
    decision_note: null,
    decided_at: null,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await context.tx.insertInto('approvals').values(row).execute()
  context.emit('approval.requested', approvalRef(row), { ...aboutApproval(row), reason: row.reason })
  return row
}

function isPending(open: ApprovalTable): EngineError {
  const cure = open.status === 'pending' ? 'Wait for its decision, or cancel it.' : 'It was sent back: resubmit or cancel it.'
  return new EngineError(
    approvalErrors.approval_pending,
    `The ${open.type} request ${open.id} about "${open.subject}" is ${open.status}, and there is one at a time. ${cure}`,
    { details: { approvalId: open.id, type: open.type, subject: open.subject, status: open.status } },
  )
}

export async function requireApproval(context: CommandContext, approvalId: string): Promise<ApprovalTable> {
  const row = await findApproval(context.tx, approvalId)
  if (row?.company_id !== context.companyId) throw notFound('approval', approvalId)
  return row
}

interface Move {
  readonly to: ApprovalStatus
  readonly verb: 'approve' | 'reject' | 'requestRevision' | 'resubmit' | 'cancel'
  readonly changes?: Partial<ApprovalTable>
}

/** Moves an approval along its machine, once. The event is the caller's. @throws `illegal_transition` */
export async function moveApproval(context: CommandContext, row: ApprovalTable, move: Move): Promise<ApprovalTable> {
  assertTransition(approvalMachine, row.status, move)
  const next = await changeApproval(context, row, { ...move.changes, status: move.to })
  return next
}

export function approvalRef(row: ApprovalTable) {
  return { type: 'approval' as const, id: row.id, version: row.version }
}

export function aboutApproval(row: ApprovalTable) {
  return { approvalType: row.type, subject: row.subject, taskId: row.task_id, agentId: row.agent_id, payloadHash: row.payload_hash }
}
