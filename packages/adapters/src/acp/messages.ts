import { z } from 'zod'

// What is read of protocol version 1; whatever else a message has is left alone.

export const Message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
})
export type Message = z.infer<typeof Message>

export const Initialized = z.looseObject({
  protocolVersion: z.number(),
  agentCapabilities: z
    .looseObject({
      loadSession: z.boolean().default(false),
      mcpCapabilities: z.looseObject({ http: z.boolean().default(false) }).nullish(),
      sessionCapabilities: z.looseObject({ resume: z.unknown().optional() }).nullish(),
    })
    .nullish(),
})

export const Opened = z.looseObject({ sessionId: z.string().min(1) })

export const Prompted = z.looseObject({ stopReason: z.string() })

const ToolStatus = z.enum(['pending', 'in_progress', 'completed', 'failed']).nullish()

export const SessionUpdate = z.looseObject({
  update: z.discriminatedUnion('sessionUpdate', [
    z.looseObject({ sessionUpdate: z.literal('agent_message_chunk'), content: z.looseObject({ text: z.string().optional() }) }),
    z.looseObject({
      sessionUpdate: z.literal('tool_call'),
      toolCallId: z.string(),
      title: z.string(),
      status: ToolStatus,
      rawInput: z.json().optional(),
      rawOutput: z.json().optional(),
    }),
    z.looseObject({
      sessionUpdate: z.literal('tool_call_update'),
      toolCallId: z.string(),
      status: ToolStatus,
      rawOutput: z.json().optional(),
    }),
    z.looseObject({
      sessionUpdate: z.literal('usage_update'),
      cost: z.looseObject({ amount: z.number(), currency: z.string() }).nullish(),
    }),
  ]),
})
export type SessionUpdate = z.infer<typeof SessionUpdate>['update']

export const PermissionRequest = z.looseObject({
  toolCall: z.looseObject({ title: z.string().nullish() }),
  options: z.array(z.looseObject({ optionId: z.string(), kind: z.string() })),
})
