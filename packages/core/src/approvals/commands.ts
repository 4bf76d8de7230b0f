import { z } from 'zod'

import { eventActor } from '../kernel/actor.ts'
import { forbidden, may } from '../kernel/authorize.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { Id, jsonObject } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { TaskRef } from '../tasks/schema.ts'
import { lockCompanyTask } from '../tasks/sql.ts'
import { aboutApproval, approvalRef, moveApproval, requireApproval } from './change.ts'
import { approvalErrors } from './errors.ts'
import { kinds } from './kinds.ts'
import { approvalMachine } from './machine.ts'
import { hashPayload } from './payload.ts'
import { Approval, ApprovalType, ApprovedApproval } from './schema.ts'
import { toApproval, type ApprovalTable } from './table.ts'
import { wakeForDecision } from './wake.ts'

const Note = z.string().trim().min(1).max(10_000)

export const request = command({
  title: 'Ask for an approval',
  description:
    'hire_agent: the payload describes the agent, which is registered and waits. strategy: the payload has a summary, the rest is free. custom: anything, about a subject of your own. At most one request about the same subject waits.',
  input: z.strictObject({
    companyId: Id,
    type: ApprovalType,
    subject: z.string().trim().min(1).max(200).optional().describe('For type custom only.'),
    payload: jsonObject,
    reason: Note.optional(),
    taskId: TaskRef.optional().describe('The task that it is needed for; of a run, its own when left out.'),
  }),
  output: Approval,
  access: { scope: 'approvals:request', company: 'company' },
  http: ['POST', '/companies/:companyId/approvals'],
  creates: true,
  async handle(context, input) {
    const { type, subject, payload, reason = null } = input
    const taskId = await linkedTask(context, input.taskId)
    return show(context, await kinds[type].request(context, { type, subject, payload, reason, taskId }))
  },
})

async function linkedTask(context: CommandContext, given: string | undefined): Promise<string | null> {
  const reference = given ?? (context.actor.kind === 'run' ? context.actor.taskId : null)
  if (reference === null) return null
  const task = await lockCompanyTask(context.tx, { companyId: context.companyId, reference })
  if (!task) throw notInCompany({ field: 'taskId', entity: 'task', reference })
  return task.id
}

export const approve = command({
  title: 'Approve a request',
  description:
    'The decision and what it brings about are one transaction. It is about the payload whose hash you name and no other. Hires and higher budgets are approved by admins.',
  input: z.strictObject({
    approvalId: Id,
    payloadHash: z.string().max(64).describe('The `payloadHash` of what you read.'),
    note: Note.optional(),
    adapterConfig: jsonObject.optional().describe('Of a hire: the configuration of its adapter, in the place of the one in the payload.'),
    limit: z
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Of a budget: the new limit, in the place of the `proposedLimit` in the payload.'),
    createKey: z.boolean().optional().describe('Of a hire: whether the agent gets its first key, which the answer shows.'),
  }),
  output: ApprovedApproval,
  access: { scope: 'approvals:decide', company: 'approval' },
  http: ['POST', '/approvals/:approvalId/approve'],
  async handle(context, input) {
    const row = await requireDecidable(context, input.approvalId)
    assertTransition(approvalMachine, row.status, { to: 'approved', verb: 'approve' })
    if (input.payloadHash !== row.payload_hash) throw payloadChanged(row)
    const changes = decision(context, input.note ?? null)
    const next = await moveApproval(context, row, { to: 'approved', verb: 'approve', changes })
    context.emit('approval.decided', approvalRef(next), { ...aboutApproval(next), decision: 'approved', note: next.decision_note })
    const key = await kinds[row.type].approve(context, next, input)
    await wakeForDecision(context, next)
    return { ...show(context, next), key }
  },
})

export const reject = command({
  title: 'Reject a request, with the reason',
  description: 'An agent that was to be hired is terminated. Hires are rejected by admins.',
  input: z.strictObject({ approvalId: Id, note: Note }),
  output: Approval,
  access: { scope: 'approvals:decide', company: 'approval' },
  http: ['POST', '/approvals/:approvalId/reject'],
  async handle(context, input) {
    const row = await requireDecidable(context, input.approvalId)
    const next = await moveApproval(context, row, { to: 'rejected', verb: 'reject', changes: decision(context, input.note) })
    context.emit('approval.decided', approvalRef(next), { ...aboutApproval(next), decision: 'rejected', note: input.note })
    await kinds[row.type].dismiss(context, next)
    await wakeForDecision(context, next)
    return show(context, next)
  },
})

export const requestRevision = command({
  title: 'Send a request back, saying what should change',
  description: 'Not what Engine itself asks for, of type budget_override and plugin_install: nobody could resubmit that.',
  input: z.strictObject({ approvalId: Id, note: Note }),
  output: Approval,
  access: { scope: 'approvals:decide', company: 'approval' },
  http: ['POST', '/approvals/:approvalId/request-revision'],
  async handle(context, input) {
    const row = await requireDecidable(context, input.approvalId)
    if (!kinds[row.type].isRevisable)
      throw ruleViolated(`Engine itself made this request of type ${row.type}, and makes no other. Approve or reject it.`, {
        type: row.type,
      })
    const changes = decision(context, input.note)
    const next = await moveApproval(context, row, { to: 'revision_requested', verb: 'requestRevision', changes })
    context.emit('approval.revision_requested', approvalRef(next), { ...aboutApproval(next), note: input.note })
    await wakeForDecision(context, next)
    return show(context, next)
  },
})

export const resubmit = command({
  title: 'Resubmit a request that was sent back, with another payload',
  description: 'The payload takes the place of the one before. Agents resubmit their own requests.',
  input: z.strictObject({ approvalId: Id, payload: jsonObject, reason: Note.optional() }),
  output: Approval,
  access: { scope: 'approvals:request', company: 'approval' },
  http: ['POST', '/approvals/:approvalId/resubmit'],
  async handle(context, input) {
    const row = await requireOwn(context, input.approvalId)
    assertTransition(approvalMachine, row.status, { to: 'pending', verb: 'resubmit' })
    const payload = await kinds[row.type].resubmit(context, row, input.payload)
    const changes = {
      payload: JSON.stringify(payload),
      payload_hash: hashPayload(payload),
      reason: input.reason ?? row.reason,
      decided_by_kind: null,
      decided_by_id: null,
      decided_at: null,
      decision_note: null,
    }
    const next = await moveApproval(context, row, { to: 'pending', verb: 'resubmit', changes })
    context.emit('approval.resubmitted', approvalRef(next), aboutApproval(next))
    return show(context, next)
  },
})

export const cancel = command({
  title: 'Cancel a request that is no longer needed',
  description: 'Agents cancel their own requests. An agent that was to be hired is terminated.',
  input: z.strictObject({ approvalId: Id, note: Note.optional() }),
  output: Approval,
  access: { scope: 'approvals:request', company: 'approval' },
  http: ['POST', '/approvals/:approvalId/cancel'],
  async handle(context, input) {
    const row = await requireOwn(context, input.approvalId)
    const note = input.note ?? null
    const next = await moveApproval(context, row, { to: 'cancelled', verb: 'cancel', changes: { decision_note: note } })
    context.emit('approval.cancelled', approvalRef(next), { ...aboutApproval(next), note })
    await kinds[row.type].dismiss(context, next)
    if (eventActor(context.actor).kind !== 'agent') await wakeForDecision(context, next)
    return show(context, next)
  },
})

/** An approval that this actor may decide about. */
async function requireDecidable(context: CommandContext, approvalId: string): Promise<ApprovalTable> {
  const row = await requireApproval(context, approvalId)
  kinds[row.type].assertMayDecide(context)
  return row
}

/** An approval that this actor may change: an agent those that it asked for itself. */
async function requireOwn(context: CommandContext, approvalId: string): Promise<ApprovalTable> {
  const row = await requireApproval(context, approvalId)
  const { kind, id } = eventActor(context.actor)
  if (kind === 'agent' && (row.requested_by_kind !== 'agent' || row.requested_by_id !== id))
    throw new EngineError(kernelErrors.forbidden, 'An agent may resubmit and cancel only what it asked for itself.', {
      details: { requestedBy: row.requested_by_id },
    })
  return row
}

/** Who decides is who acts; nothing in the input can say otherwise (PROMISES P14). */
function decision(context: CommandContext, note: string | null): Partial<ApprovalTable> {
  const { kind, id } = eventActor(context.actor)
  if (kind === 'agent') throw forbidden(context.actor, 'approvals:decide')
  return { decided_by_kind: kind, decided_by_id: id, decided_at: context.now, decision_note: note }
}

function payloadChanged(row: ApprovalTable): EngineError {
  return new EngineError(
    approvalErrors.payload_changed,
    `The payload of this request is not the one that you approve. Read it again; approve with its payloadHash ${row.payload_hash}.`,
    { details: { approvalId: row.id, payloadHash: row.payload_hash } },
  )
}

function show(context: CommandContext, row: ApprovalTable): Approval {
  return toApproval(row, { showsConfig: may(context, 'agents:manage') })
}
