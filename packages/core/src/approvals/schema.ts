import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const ApprovalStatus = z.enum(['pending', 'approved', 'rejected', 'cancelled', 'revision_requested'])
export type ApprovalStatus = z.infer<typeof ApprovalStatus>
export const ApprovalType = z.enum(['hire_agent', 'strategy', 'budget_override', 'plugin_install', 'custom'])
export type ApprovalType = z.infer<typeof ApprovalType>

export const Approval = z
  .object({
    id: Id,
    companyId: Id,
    type: ApprovalType,
    subject: z.string().describe('What it is about: the id of the agent to be hired, `company` for a strategy, your own words otherwise.'),
    status: ApprovalStatus,
    payload: z
      .record(z.string(), z.json())
      .describe('What is asked for. Of a hire, the configuration of adapters is shown to admins only, null for others.'),
    isPayloadComplete: z.boolean().describe('False when parts of the payload are not shown to you.'),
    payloadHash: z.string().describe('SHA-256 of the whole payload as canonical JSON (RFC 8785), in hex. An approval names it.'),
    reason: z.string().nullable(),
    taskId: Id.nullable().describe('The task that it is needed for; its agent is woken by the decision.'),
    agentId: Id.nullable().describe('The agent that is to be hired.'),
    requestedBy: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string(), runId: Id.nullable() }),
    decidedBy: z.object({ kind: z.enum(['system', 'user']), id: z.string() }).nullable(),
    decisionNote: z.string().nullable(),
    decidedAt: IsoTime.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Approval' })
export type Approval = z.infer<typeof Approval>

export const ApprovedApproval = Approval.extend({
  key: z.string().nullable().describe("The hired agent's key, shown this once; null unless `createKey` asked for one."),
}).meta({ id: 'ApprovedApproval' })

/** What a strategy must say; the rest is free. */
export const StrategyPayload = z.looseObject({ summary: z.string().trim().min(1).max(10_000) })
