import { RunOutcome, type AdapterEvent } from '@engine/core/plugin'
import { z } from 'zod'

import { Usage } from '../usage.ts'

const maxContentBytes = 1_000_000

const schemas = {
  progress: z.strictObject({
    engine: z.literal('progress'),
    percent: z.number().min(0).max(100),
    message: z.string().exactOptional(),
    details: z.record(z.string(), z.json()).exactOptional(),
  }),
  usage: z.strictObject({ engine: z.literal('usage'), ...Usage.shape }),
  comment: z.strictObject({ engine: z.literal('comment'), body: z.string().min(1) }),
  deliverable: z.strictObject({
    engine: z.literal('deliverable'),
    title: z.string().min(1),
    summary: z.string().exactOptional(),
    content: z.string().refine((content) => Buffer.byteLength(content) <= maxContentBytes, `larger than ${maxContentBytes} bytes`),
    contentType: z.string().min(1).exactOptional(),
  }),
  outcome: z.strictObject({ engine: z.literal('outcome'), outcome: RunOutcome }),
}
const Message = z.discriminatedUnion('engine', [schemas.progress, schemas.usage, schemas.comment, schemas.deliverable, schemas.outcome])

type ParsedMessage =
  | { readonly type: 'event'; readonly event: AdapterEvent }
  | { readonly type: 'outcome'; readonly outcome: RunOutcome }
  | { readonly type: 'malformed'; readonly why: string }

/** `value` is a JSON object with a string member `engine`. */
export function parseMessage(value: { readonly engine: string }): ParsedMessage {
  if (!Object.hasOwn(schemas, value.engine)) {
    return { type: 'malformed', why: `there is no message "${value.engine.slice(0, 50)}"; known: ${Object.keys(schemas).join(', ')}` }
  }
  const parsed = Message.safeParse(value)
  if (!parsed.success) return { type: 'malformed', why: `${value.engine}: ${describeIssues(parsed.error)}` }
  if (parsed.data.engine === 'outcome') return { type: 'outcome', outcome: parsed.data.outcome }
  return { type: 'event', event: toEvent(parsed.data) }
}

function toEvent(message: Exclude<z.infer<typeof Message>, { engine: 'outcome' }>): AdapterEvent {
  const { engine: type, ...fields } = message
  // Destructuring a union loses which fields belong to which kind; the names are the same on both sides.
  return (type === 'usage' ? { type, usage: fields } : { type, ...fields }) as AdapterEvent
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => [issue.path.join('.'), issue.message].filter((part) => part !== '').join(': '))
    .join('; ')
}
