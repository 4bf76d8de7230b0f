import { z } from 'zod'

// What is read of version 1.0 of the protocol; whatever else an answer has is left alone.

export const Card = z.looseObject({
  name: z.string().default('an agent'),
  supportedInterfaces: z.array(z.looseObject({ url: z.string(), protocolBinding: z.string(), protocolVersion: z.string().default('') })),
})

const Parts = z.array(z.looseObject({ text: z.string().optional(), data: z.json().optional(), url: z.string().optional() })).default([])

const Message = z.looseObject({ parts: Parts })

export const Task = z.looseObject({
  id: z.string().min(1),
  contextId: z.string().default(''),
  status: z.looseObject({ state: z.string(), message: Message.nullish() }),
  artifacts: z.array(z.looseObject({ name: z.string().nullish(), parts: Parts })).nullish(),
})
export type Task = z.infer<typeof Task>

export const Sent = z.looseObject({ task: Task.optional(), message: Message.optional() })

export const Reply = z.looseObject({
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
})

/** The words of a message or an artifact; what is data is shown as JSON, and a file by its address. Pure. */
export function textOf(parts: z.infer<typeof Parts>): string {
  const shown = parts.map(({ text, data, url }) => text ?? (data === undefined ? (url ?? '') : JSON.stringify(data, null, 2)))
  return shown.filter((text) => text !== '').join('\n')
}
