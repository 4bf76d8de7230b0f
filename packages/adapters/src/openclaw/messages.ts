import { z } from 'zod'

// What is read of version 4 of the protocol; whatever else a frame has is left alone.

const Failure = z.looseObject({
  code: z.string(),
  message: z.string().default(''),
  retryAfterMs: z.number().optional(),
  details: z.looseObject({ code: z.string().optional() }).nullish().catch(null),
})
export type Failure = z.infer<typeof Failure>

export const Frame = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('res'),
    id: z.string(),
    ok: z.boolean(),
    payload: z.unknown().optional(),
    error: Failure.optional(),
  }),
  z.looseObject({ type: z.literal('event'), event: z.string(), payload: z.unknown().optional() }),
])
export type Frame = z.infer<typeof Frame>

export const Challenge = z.looseObject({ nonce: z.string().min(1) })

export const Hello = z.looseObject({
  protocol: z.number(),
  server: z.looseObject({ version: z.string().default('') }).default({ version: '' }),
  snapshot: z.looseObject({ uptimeMs: z.number().optional() }).default({}),
  policy: z.looseObject({ tickIntervalMs: z.number().positive().default(30_000) }).default({ tickIntervalMs: 30_000 }),
})
export type Hello = z.infer<typeof Hello>

const Data = z.record(z.string(), z.unknown())

/** One step of an agent's work. */
export const AgentEvent = z.looseObject({ runId: z.string(), stream: z.string(), data: Data.default({}) })
export type AgentEvent = z.infer<typeof AgentEvent>

const Count = z.number().int().min(0).optional()

const Meta = z.looseObject({
  aborted: z.boolean().optional(),
  error: z.looseObject({ kind: z.string().default('unknown'), message: z.string().default('') }).optional(),
  agentMeta: z
    .looseObject({
      provider: z.string().optional(),
      model: z.string().optional(),
      usage: z.looseObject({ input: Count, output: Count, cacheRead: Count, cacheWrite: Count }).optional(),
    })
    .optional(),
})
export type Meta = z.infer<typeof Meta>

/** What `agent` is answered with, once when it is taken and once more at its end. */
export const Asked = z.looseObject({
  runId: z.string().min(1),
  status: z.string(),
  summary: z.string().optional(),
  result: z
    .looseObject({
      payloads: z.array(z.looseObject({ text: z.string().nullish(), isError: z.boolean().optional() })).nullish(),
      meta: Meta.default({}),
    })
    .nullish(),
})
export type Asked = z.infer<typeof Asked>

export const Waited = z.looseObject({ status: z.string(), endedAt: z.number().nullish(), error: z.string().nullish() })

const Part = z.looseObject({ type: z.string(), text: z.string().optional() })

export const History = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string().optional(), content: z.union([z.string(), z.array(Part)]).catch('') })).default([]),
})
export type History = z.infer<typeof History>
