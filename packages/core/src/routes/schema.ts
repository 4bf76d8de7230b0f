import { z } from 'zod'

import { ContentType, Id, IsoTime, Name, jsonObject } from '../kernel/schema.ts'
import { RoutingConditions } from '../routing/schema.ts'

export const RouteConditions = RoutingConditions.pick({ tagsAny: true, tagsAll: true, priority: true, context: true })
  .extend({ agentId: Id.optional().describe('The event is about this agent, its work, or a task that is assigned to it.') })
  .describe('All that are named must hold of the event, or of the task that it is about; an event about no task has no tags.')
  .meta({ id: 'RouteConditions' })
export type RouteConditions = z.infer<typeof RouteConditions>

export const RouteTemplate = z
  .strictObject({
    text: z.string().min(1).max(65_536),
    contentType: ContentType.default('text/plain'),
  })
  .describe('A text that is sent instead of JSON. {{data.task.title}} stands for a value; one that an event does not have is an error.')
export type RouteTemplate = z.infer<typeof RouteTemplate>

export const RetryPolicy = z
  .strictObject({
    maxAttempts: z.number().int().min(1).max(50).default(8),
    baseSec: z.number().min(0).max(86_400).default(60).describe('The first wait is up to this; it doubles with each try.'),
    capSec: z.number().min(0).max(86_400).default(21_600).describe('The longest wait, unless the receiver asks for more.'),
    maxAgeSec: z.number().int().min(1).max(604_800).default(86_400).describe('How long after the first try it is given up.'),
  })
  .describe('What is given up is parked, where it can be seen and replayed.')
export type RetryPolicy = z.infer<typeof RetryPolicy>

export const RouteDigest = z
  .strictObject({
    expression: z.string().trim().min(1).max(200).describe('When it is sent: minute, hour, day of the month, month, day of the week.'),
    timeZone: z.string().trim().min(1).max(64).default('UTC').describe('An IANA name.'),
  })
  .describe('Gathers what the route sends: at these times, all that came since is sent as one. Only to a destination that takes digests.')
export type RouteDigest = z.infer<typeof RouteDigest>

export const Route = z
  .object({
    id: Id,
    companyId: Id,
    projectId: Id.nullable(),
    agentId: Id.nullable().describe('Without project and agent it is for the whole company.'),
    name: z.string(),
    events: z.array(z.string()),
    conditions: RouteConditions,
    destinationType: z.string(),
    config: jsonObject.describe('Values of secrets are not in it, only their names.'),
    mapping: jsonObject.nullable(),
    template: RouteTemplate.nullable(),
    retry: RetryPolicy,
    digest: RouteDigest.nullable().describe('Null when each event is sent by itself.'),
    isEnabled: z.boolean(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Route' })
export type Route = z.infer<typeof Route>

export const RouteInput = {
  name: Name,
  events: z
    .array(z.string().max(100))
    .min(1)
    .max(100)
    .describe('Types of events such as task.completed, all of one thing such as task.*, or * for all.'),
  conditions: RouteConditions.optional(),
  destinationType: z.string().min(1).max(64).describe('One of those that destinations.list shows.'),
  config: jsonObject
    .optional()
    .describe('By the schema of the destination, which destinations.list shows; {"secret": "NAME"} stands for the value of a secret.'),
  mapping: jsonObject
    .nullable()
    .optional()
    .describe(
      'Merged into the JSON that is sent: objects member by member, null takes a member away, "{{data.task.title}}" is a value of the event.',
    ),
  template: RouteTemplate.nullable().optional(),
  retry: RetryPolicy.optional(),
  digest: RouteDigest.nullable().optional(),
}

export const RouteTest = z
  .object({
    routeId: Id,
    destinationType: z.string(),
    ok: z.boolean(),
    checks: z.array(z.object({ name: z.string(), status: z.enum(['passed', 'warned', 'failed']), message: z.string() })),
  })
  .meta({ id: 'RouteTest' })
export type RouteTest = z.infer<typeof RouteTest>
