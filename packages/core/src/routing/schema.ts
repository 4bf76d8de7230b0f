import { z } from 'zod'

import { AgentStatus } from '../agents/schema.ts'
import { Id, IsoTime, Name, Tags, jsonObject } from '../kernel/schema.ts'
import { Labels, TaskPriority } from '../tasks/schema.ts'

export const RoutingStrategy = z.enum(['least_busy', 'round_robin', 'first_available', 'cheapest'])
export type RoutingStrategy = z.infer<typeof RoutingStrategy>

const SomeTags = Tags.min(1)

const conditions = {
  tagsAny: SomeTags.optional().describe('The task has at least one of these tags.'),
  tagsAll: SomeTags.optional().describe('The task has all of these tags.'),
  priority: z.union([TaskPriority, z.array(TaskPriority).min(1).max(4)]).optional(),
  labels: z.array(Id).min(1).max(20).optional().describe('Ids of labels; the task bears all of them.'),
  capabilities: SomeTags.optional().describe('The task requires all of these capabilities.'),
  context: jsonObject
    .refine((value) => Object.keys(value).length > 0, 'names no key')
    .optional()
    .describe("The task's context has exactly these values at these keys, for example { customer: 'acme' }."),
}

/** When a rule applies: every condition that is named must hold; a rule that names none applies always. */
export const RoutingConditions = z.strictObject(conditions).meta({ id: 'RoutingConditions' })
export type RoutingConditions = z.infer<typeof RoutingConditions>

/** What callers may write: a condition that nobody knows breaks a rule, which `readConditions` explains better than a schema. */
export const ConditionsInput = z
  .looseObject({ ...conditions, labels: Labels.min(1).optional() })
  .describe('All that are named must hold; none means always.')
export type ConditionsInput = z.output<typeof ConditionsInput>

export const conditionNames = Object.keys(conditions)

export const RoutingRule = z
  .object({
    id: Id,
    companyId: Id,
    projectId: Id.nullable().describe('Null for a rule of the whole company.'),
    name: z.string(),
    position: z.number().int().describe('Lower ones are asked first, those of a project before those of the company.'),
    isEnabled: z.boolean(),
    conditions: RoutingConditions,
    targetAgentId: Id.nullable(),
    targetCapability: z.string().nullable(),
    strategy: RoutingStrategy.nullable(),
    fallbackAgentId: Id.nullable(),
    lastAgentId: Id.nullable().describe('Whom round_robin chose last.'),
    terminatedAgentIds: z
      .array(Id)
      .describe('Of its target and its fallback those that are terminated: the rule passes them over. Name others, or delete it.'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'RoutingRule' })
export type RoutingRule = z.infer<typeof RoutingRule>

export const RoutingRuleInput = {
  name: Name,
  position: z.number().int().min(0).max(1_000_000).optional(),
  isEnabled: z.boolean().optional(),
  conditions: ConditionsInput.optional(),
  targetAgentId: Id.nullable().optional().describe('Who gets the task. Either this or targetCapability.'),
  targetCapability: z.string().trim().min(1).max(64).nullable().optional().describe('What an agent must have to get the task.'),
  strategy: RoutingStrategy.nullable().optional().describe('Which of the agents with targetCapability; least_busy when left out.'),
  fallbackAgentId: Id.nullable().optional().describe('Who gets the task when the target can not take it.'),
}

/** Which step of routing decided, in the order in which they are asked. */
export const RoutingStep = z.enum(['preferred', 'rule', 'project_default', 'company_default', 'capabilities', 'unassigned'])
export type RoutingStep = z.infer<typeof RoutingStep>

export const RoutingDecision = z
  .object({
    agentId: Id.nullable(),
    step: RoutingStep,
    ruleId: Id.nullable(),
    reason: z.string(),
    considered: z.array(z.object({ step: RoutingStep, ruleId: Id.nullable(), note: z.string() })).describe('Every step that was asked.'),
  })
  .meta({ id: 'RoutingDecision' })

/** A task that does not exist, to ask who would get it. */
export const HypotheticalTask = z.strictObject({
  title: z.string().max(500).optional(),
  tags: Tags.default([]),
  priority: TaskPriority.default('medium'),
  labels: Labels.default([]),
  context: jsonObject.default({}),
  requiredCapabilities: Tags.default([]),
  projectId: Id.nullable().default(null),
  preferredAgentId: Id.nullable().default(null),
})

export const TaskMatch = z
  .object({
    agentId: Id,
    name: z.string(),
    status: AgentStatus,
    isAble: z.boolean().describe('At work and with every capability that the task requires.'),
    hasFreeSlot: z.boolean(),
    openTasks: z.number().int(),
    reasons: z.array(z.string()).describe('What speaks for and against the agent, most telling first.'),
  })
  .meta({ id: 'TaskMatch' })
export type TaskMatch = z.infer<typeof TaskMatch>
