import { z } from 'zod'

import { Id, IsoTime, LongText, Name, Tags, jsonObject } from '../kernel/schema.ts'
export const AgentStatus = z.enum(['pending_approval', 'idle', 'running', 'error', 'paused', 'terminated'])
export type AgentStatus = z.infer<typeof AgentStatus>
export type StoredAgentStatus = Exclude<AgentStatus, 'running'>
export const PauseReason = z.enum(['manual', 'budget', 'system', 'import'])
export type PauseReason = z.infer<typeof PauseReason>
export const ExecutionMode = z
  .enum(['auto', 'manual', 'polling', 'human'])
  .describe(
    'auto: assigned work starts by itself; manual: somebody checks tasks out for it; polling: the agent asks; human: a person works.',
  )
export type ExecutionMode = z.infer<typeof ExecutionMode>

/** When an agent looks for work by itself. */
export const AgentSchedule = z
  .strictObject({
    enabled: z.boolean(),
    intervalSec: z.number().int().min(30).max(2_592_000).describe('How far apart its looks are at least, seconds; 30 seconds to 30 days.'),
  })
  .describe(
    'An agent of executionMode auto that has nothing to start is woken for the most urgent task that it could take, if there is one.',
  )
  .meta({ id: 'AgentSchedule' })
export type AgentSchedule = z.infer<typeof AgentSchedule>

const ContextMode = z.enum(['thin', 'fat']).describe('How much an agent is told of its task when a run starts.')

const AdapterType = z.string().max(64)

const AdapterProfile = z.strictObject({
  adapterType: AdapterType.optional().describe("Left out, the agent's own adapter."),
  adapterConfig: jsonObject,
})

/** Other ways to run an agent than its own. */
export const AgentProfiles = z.strictObject({ primary: AdapterProfile.optional(), cheap: AdapterProfile.optional() })
export type AgentProfiles = z.infer<typeof AgentProfiles>

/** Adapters that take over where the agent's own fails, in this order. */
export const AgentFallbacks = z.array(z.strictObject({ adapterType: AdapterType, adapterConfig: jsonObject })).max(5)
export type AgentFallbacks = z.infer<typeof AgentFallbacks>

const adminsOnly = 'Shown to admins only, null for others.'

export const Agent = z
  .object({
    id: Id,
    companyId: Id,
    name: z.string(),
    role: z.string(),
    title: z.string().nullable(),
    icon: z.string().nullable(),
    instructions: z.string().nullable(),
    reportsTo: Id.nullable(),
    status: AgentStatus,
    pauseReason: PauseReason.nullable(),
    errorMessage: z.string().nullable(),
    errorCode: z
      .string()
      .nullable()
      .describe(
        'Which error of Engine keeps it in error: `budget_unavailable` for want of a price, `run_cap_required` for want of a cap; null where it was none.',
      ),
    capabilities: z.array(z.string()),
    specializations: z.array(z.string()),
    tags: z.array(z.string()),
    adapterType: z.string(),
    adapterConfig: jsonObject.nullable().describe(adminsOnly),
    profiles: AgentProfiles.nullable().describe(adminsOnly),
    fallbacks: AgentFallbacks.nullable().describe(adminsOnly),
    executionMode: ExecutionMode,
    schedule: AgentSchedule.nullable(),
    wakesAt: IsoTime.nullable().describe('Before this time its schedule does not wake it; null without one.'),
    contextMode: ContextMode,
    maxConcurrentRuns: z.number().int(),
    maxConcurrentTasks: z.number().int().nullable().describe('Null for as many as it has runs.'),
    maxCostMicrosPerRun: z
      .number()
      .int()
      .nullable()
      .describe(
        'What one of its runs may cost where a hard budget of money is over it, micro-dollars; null for all that is free. An adapter that tells only at the end what a run used (metering: final) starts nothing there without it.',
      ),
    revision: z.number().int().describe('The number of its present configuration.'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Agent' })
export type Agent = z.infer<typeof Agent>

export const AgentInput = {
  name: Name,
  role: Name,
  title: Name.nullable().optional(),
  icon: z.string().trim().min(1).max(64).nullable().optional(),
  instructions: LongText.nullable().optional(),
  reportsTo: Id.nullable().optional(),
  capabilities: Tags.optional(),
  specializations: Tags.optional(),
  tags: Tags.optional(),
  adapterType: AdapterType.optional(),
  adapterConfig: jsonObject.optional(),
  profiles: AgentProfiles.optional(),
  fallbacks: AgentFallbacks.optional(),
  executionMode: ExecutionMode.optional(),
  schedule: AgentSchedule.nullable().optional(),
  contextMode: ContextMode.optional(),
  maxConcurrentRuns: z.number().int().min(1).max(50).optional(),
  maxConcurrentTasks: z.number().int().min(1).max(1_000).nullable().optional(),
  maxCostMicrosPerRun: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().optional(),
}

/** What a new agent is to be. */
export const AgentDraft = z.strictObject({ ...AgentInput, adapterType: AdapterType })
export type AgentDraft = z.output<typeof AgentDraft>

/** What an agent is and how it is run: what a revision keeps. Its name, icon, tags and place in the tree are not of it. */
const AgentConfiguration = Agent.pick({
  role: true,
  title: true,
  instructions: true,
  capabilities: true,
  specializations: true,
  adapterType: true,
  adapterConfig: true,
  profiles: true,
  fallbacks: true,
  executionMode: true,
  contextMode: true,
  maxConcurrentRuns: true,
  maxConcurrentTasks: true,
})
  // Revisions of before they were there say nothing about them.
  .extend({ maxCostMicrosPerRun: Agent.shape.maxCostMicrosPerRun.optional(), schedule: Agent.shape.schedule.optional() })
  .meta({ id: 'AgentConfiguration' })

export const AgentRevision = z
  .object({
    agentId: Id,
    number: z.number().int().describe('1, 2, 3 … of this agent.'),
    configuration: AgentConfiguration,
    changed: z.array(z.string()).describe('The fields that differ from the revision before; none for the first.'),
    rolledBackTo: z.number().int().nullable().describe('The revision that it repeats, when it came from a rollback.'),
    actor: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() }),
    createdAt: IsoTime,
  })
  .meta({ id: 'AgentRevision' })
export type AgentRevision = z.infer<typeof AgentRevision>

/** An agent in its place, with all who report to it. */
export const OrgNode = z
  .object({
    id: Id,
    name: z.string(),
    role: z.string(),
    title: z.string().nullable(),
    icon: z.string().nullable(),
    status: AgentStatus,
    executionMode: ExecutionMode,
    get reports() {
      return z.array(OrgNode)
    },
  })
  .meta({ id: 'OrgNode' })
export type OrgNode = z.infer<typeof OrgNode>

/** What was looked at when a configuration was tried, in that order. */
export const AgentTest = z
  .object({
    agentId: Id,
    adapterType: z.string(),
    revision: z.number().int().describe('The number of the configuration that was tried.'),
    ok: z.boolean().describe('Nothing failed, so runs should work.'),
    checks: z.array(z.object({ name: z.string(), status: z.enum(['passed', 'warned', 'failed']), message: z.string() })),
  })
  .meta({ id: 'AgentTest' })
export type AgentTest = z.infer<typeof AgentTest>
