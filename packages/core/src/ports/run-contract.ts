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

const outcomesBesideFailure = [
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
] as const

const Failure = z.strictObject({
  kind: z.literal('failed'),
  class: FailureClass,
  message: z.string().max(10_000),
  retryAfterMs: z.number().int().min(0).max(86_400_000).optional(),
  isProviderFault: z
    .boolean()
    .optional()
    .describe(
      'The provider, or the way to it, broke by itself: a status of 5xx, a connection that was cut. When that happens to the work of several tasks in a row, Engine leaves the provider alone.',
    ),
})

/** How a run ended, as the adapter says it. */
export const RunOutcome = z.discriminatedUnion('kind', [...outcomesBesideFailure, Failure]).meta({ id: 'RunOutcome' })
export type RunOutcome = z.infer<typeof RunOutcome>

/** The same as Engine keeps and shows it: by which of its own errors a run failed is nothing that an adapter or an agent can say. */
export const KeptOutcome = z
  .discriminatedUnion('kind', [
    ...outcomesBesideFailure,
    Failure.extend({
      code: z
        .string()
        .optional()
        .describe('The code of the error of Engine that it failed by, where it was one: `budget_unavailable` is for want of a price.'),
    }),
  ])
  .meta({ id: 'KeptOutcome' })
export type KeptOutcome = z.infer<typeof KeptOutcome>

/**
 * Who wrote a text: a person of the company; an agent, and so a model; somebody outside, or a sender whose text may stand in it (a webhook,
 * an import, a source that knowledge was taken from); Engine itself. Whoever it was: such a text is data for an agent, and no order.
 */
export const Origin = z.enum(['person', 'agent', 'outside', 'system'])
export type Origin = z.infer<typeof Origin>

const CommentText = z.object({ author: z.string(), origin: Origin, body: z.string(), createdAt: z.string() })

/** Something that is known and not told, or not all of it, and where all of it can be read. */
const Omitted = z.object({
  section: z.string().describe('The member of the context that it belongs to.'),
  what: z.string(),
  tokens: z.number().nullable().describe('About how many tokens are missing; null when nobody counted them.'),
  isCut: z.boolean().describe('Its beginning is told.'),
  operation: z.string().describe('Reads it; the tool of a model has the same name with an underscore.'),
  path: z.string().describe('The same on the wire, by GET.'),
})

/** What an agent gets to know at the start of a run: ids and texts, no secrets. */
export const RunContext = z.object({
  spec: z.literal('engine.run-context.v1'),
  /** `thin`: who, what for and where to read the rest. `fat`: all that is known, as far as the budget goes. */
  mode: z.enum(['thin', 'fat']),
  tokens: z.object({ budget: z.number(), used: z.number() }).describe('About how many tokens may be told, and are.'),
  omitted: z.array(Omitted),
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
    /** Of its title, description, criteria, tags and context. */
    origin: Origin,
    acceptanceCriteria: z.array(z.string()),
    tags: z.array(z.string()),
    context: jsonObject,
  }),
  comments: z.array(CommentText),
  /** The tasks that had to end first, with what they left behind. */
  blockers: z.array(
    z.object({
      identifier: z.string(),
      title: z.string(),
      status: z.string(),
      origin: Origin,
      comments: z.array(CommentText),
      deliverable: z.object({ title: z.string(), origin: Origin, content: z.string(), contentType: z.string() }).nullable(),
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
        origin: Origin,
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
  /** What hard limits leave this run; absent when none is over it, a member null when nothing limits that. */
  budget: z
    .object({
      costMicros: z.number().nullable().describe('Micro-dollars.'),
      tokens: z.number().nullable(),
      wallMs: z.number().nullable().describe('Milliseconds.'),
    })
    .optional(),
  /** What people were asked about the task, newest last, with their answers. */
  interactions: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      /** Of the question; answers are by people. */
      origin: Origin,
      prompt: z.string(),
      status: z.string(),
      answer: jsonObject.nullable(),
      answeredBy: z.string().nullable(),
      answeredAt: z.string().nullable(),
    }),
  ),
})
export type RunContext = z.infer<typeof RunContext>
