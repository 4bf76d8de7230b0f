import { RunOutcome, type AdapterEvent, type JsonValue } from '@engine/core/plugin'
import { z } from 'zod'

import { Usage } from '../usage.ts'

/** What an agent behind a URL answers; every field may be left out. */
const Answer = z.strictObject({
  outcome: RunOutcome.optional(),
  log: z.string().optional(),
  comment: z.string().min(1).optional(),
  progress: z.strictObject({ percent: z.number(), message: z.string().optional() }).optional(),
  deliverable: z
    .strictObject({
      title: z.string().min(1),
      summary: z.string().optional(),
      content: z.string().min(1),
      contentType: z.string().optional(),
    })
    .optional(),
  usage: Usage.optional(),
  session: z.record(z.string(), z.json()).nullable().optional(),
  statusUrl: z.string().optional(),
  cancelUrl: z.string().optional(),
})
export type Answer = z.infer<typeof Answer>

/** What it says by a call of its own: as a look at its work would find it, and of which run. */
const Callback = Answer.omit({ statusUrl: true, cancelUrl: true })
  .extend({ runId: z.string(), isDone: z.boolean().default(true) })
  .refine(({ outcome, isDone }) => isDone || outcome === undefined, 'an outcome is the end, so isDone is not false with it')
export type Callback = z.infer<typeof Callback>

/** @returns what is wrong with it, as text, when it is none */
export function parseAnswer(body: Uint8Array): Answer | string {
  const text = new TextDecoder().decode(body).trim()
  return text === '' ? {} : parseBy(Answer, text)
}

/** @returns what is wrong with it, as text, when it is none */
export function parseCallback(body: string): Callback | string {
  return parseBy(Callback, body)
}

function parseBy<Schema extends z.ZodType<object>>(schema: Schema, text: string): z.output<Schema> | string {
  let json: JsonValue
  try {
    // Parsed JSON is JSON.
    json = JSON.parse(text) as JsonValue
  } catch {
    return 'is no JSON'
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  return parsed.error.issues
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    .join('; ')
    .slice(0, 1_000)
}

/** What an answer says besides the outcome, in the order in which it is recorded. Pure. */
export function eventsOf(answer: Answer): AdapterEvent[] {
  const { log, comment, progress, deliverable, usage, session } = answer
  return [
    ...(log ? [{ type: 'log', stream: 'stdout', text: log } as const] : []),
    ...(usage ? [{ type: 'usage', usage } as const] : []),
    ...(progress ? [{ type: 'progress', percent: progress.percent, ...(progress.message && { message: progress.message }) } as const] : []),
    ...(session === undefined ? [] : [{ type: 'session', state: session } as const]),
    ...(comment ? [{ type: 'comment', body: comment } as const] : []),
    ...(deliverable ? [deliverableEvent(deliverable)] : []),
  ]
}

function deliverableEvent(given: NonNullable<Answer['deliverable']>): AdapterEvent {
  const { title, summary, content, contentType } = given
  return {
    type: 'deliverable',
    title,
    content,
    ...(summary !== undefined && { summary }),
    ...(contentType !== undefined && { contentType }),
  }
}

/** What a final answer means for the run: what it says, or else what it brought. Pure. */
export function outcomeOf({ outcome, deliverable }: Answer): RunOutcome {
  return outcome ?? { kind: deliverable ? 'needs_review' : 'done' }
}
