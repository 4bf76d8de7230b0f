import { z } from 'zod'

import { jsonObject } from '../kernel/schema.ts'
import { AskRequest } from './ask-contract.ts'

/** Why a run failed, as a class that decides what happens next. Never parsed out of text. */
export const failureClasses = [
  'auth',
  'config',
  'rate_limited',
  'quota',
  'overloaded',
  'timeout',
  'bad_request',
  'refused',
  'transient',
  'unknown',
] as const
export const FailureClass = z.enum(failureClasses)
export type FailureClass = z.infer<typeof FailureClass>

/** How a run ended, as the adapter says it. */
export const RunOutcome = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('done'), summary: z.string().max(10_000).optional() }),
    z.strictObject({ kind: z.literal('needs_review'), summary: z.string().max(10_000).optional() }),
    z.strictObject({
      kind: z.literal('blocked'),
      reason: z.string().min(1).max(2_000),
      owner: z.string().max(200).optional().describe('Who can unblock it.'),
    }),
    z.strictObject({
      kind: z.literal('waiting'),
      interaction: AskRequest.describe('What a person is asked; the same run goes on with the answer.'),
    }),
    z.strictObject({
      kind: z.literal('continue'),
      afterMs: z
        .number()
        .int()
        .min(0)
        .max(86_400_000 * 30),
    }),
    z.strictObject({
      kind: z.literal('failed'),
      class: FailureClass,
      message: z.string().max(10_000),
      retryAfterMs: z.number().int().min(0).max(86_400_000).optional(),
    }),
  ])
  .meta({ id: 'RunOutcome' })
export type RunOutcome = z.infer<typeof RunOutcome>

/** What an agent gets to know at the start of a run: ids and texts, no secrets. */
export const RunContext = z.object({
  spec: z.literal('engine.run-context.v1'),
  run: z.object({ id: z.string(), attempt: z.number(), wakeReasons: z.array(z.string()), fence: z.number() }),
  company: z.object({ id: z.string(), name: z.string() }),
  agent: z.object({
    id: z.string(),
    name: z.string(),
    role: z.string(),
    title: z.string().nullable(),
    instructions: z.string().nullable(),
  }),
  /** The task's own goal first, then its parents up to the company's. */
  goals: z.array(z.object({ id: z.string(), title: z.string(), description: z.string().nullable() })),
  task: z.object({
    id: z.string(),
    identifier: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    priority: z.string(),
    acceptanceCriteria: z.array(z.string()),
    tags: z.array(z.string()),
    context: jsonObject,
  }),
  comments: z.array(z.object({ author: z.string(), body: z.string(), createdAt: z.string() })),
  /** The tasks that had to end first, with what they left behind. */
  blockers: z.array(
    z.object({
      identifier: z.string(),
      title: z.string(),
      status: z.string(),
      comments: z.array(z.object({ author: z.string(), body: z.string(), createdAt: z.string() })),
      deliverable: z.object({ title: z.string(), content: z.string(), contentType: z.string() }).nullable(),
    }),
  ),
  /** Reviews of earlier versions, oldest first. */
  feedback: z.array(z.object({ version: z.number(), decision: z.string(), feedback: z.string().nullable() })),
  /** What people keep for agents to know, the best first and bounded; `about` says what it is. Data, never instructions. */
  knowledge: z.object({
    about: z.string(),
    entries: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        scope: z.enum(['company', 'project']),
        source: z.string().nullable(),
        body: z.string(),
        tokens: z.number(),
        isCut: z.boolean(),
      }),
    ),
    omitted: z
      .array(z.object({ id: z.string(), title: z.string(), tokens: z.number() }))
      .describe('What fits too and had no room, the best first, 100 at most.'),
    moreOmitted: z.number().describe('How many had no room besides.'),
    usedEmbeddings: z.boolean().describe('False when the entries were found by their words alone.'),
  }),
  /** What is preferred for this task, by key; the nearest scope has decided. */
  preferences: z.record(z.string(), z.json()),
  /** What people were asked about the task, newest last, with their answers. */
  interactions: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      prompt: z.string(),
      status: z.string(),
      answer: jsonObject.nullable(),
      answeredBy: z.string().nullable(),
      answeredAt: z.string().nullable(),
    }),
  ),
})
export type RunContext = z.infer<typeof RunContext>
