import type { JsonObject } from '@engine/core/plugin'
import { z } from 'zod'

import { toMicros, type Fact } from '../cli/facts.ts'

const amount = z.number().catch(0)

const Assistant = z.object({
  role: z.literal('assistant'),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  provider: z.string().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  stopReason: z.string().optional().catch(undefined),
  errorMessage: z.string().optional().catch(undefined),
  usage: z
    .object({ input: amount, output: amount, cacheRead: amount, cacheWrite: amount, cost: z.object({ total: amount }).catch({ total: 0 }) })
    .optional()
    .catch(undefined),
})
const Other = z.object({ role: z.string() })

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), id: z.string() }),
  z.object({ type: z.literal('message_end'), message: z.union([Assistant, Other]) }),
  z.object({ type: z.literal('tool_execution_start'), toolCallId: z.string(), toolName: z.string(), args: z.json().optional() }),
  z.object({
    type: z.literal('tool_execution_end'),
    toolCallId: z.string(),
    result: z.json().optional(),
    isError: z.boolean().catch(false),
  }),
  // The rest repeats, in parts or as a whole, what the lines above say.
  z.object({
    type: z.enum(['agent_start', 'agent_end', 'turn_start', 'turn_end', 'message_start', 'message_update', 'tool_execution_update']),
  }),
])

/** What one line of `--mode json` says. Pure. */
export function readLine(line: JsonObject): Fact[] | null {
  const parsed = Line.safeParse(line)
  if (!parsed.success) return null
  const { data } = parsed
  switch (data.type) {
    case 'session':
      return [{ type: 'session', id: data.id }]
    case 'message_end':
      return 'content' in data.message ? readMessage(data.message) : []
    case 'tool_execution_start':
      return [{ type: 'tool_started', id: data.toolCallId, name: data.toolName, input: data.args }]
    case 'tool_execution_end':
      return [{ type: 'tool_ended', id: data.toolCallId, output: data.result, isError: data.isError }]
    default:
      return []
  }
}

/** What a model answered. It is the last answer when the model asks for no tool; a failed call may be tried again after it. */
function readMessage(message: z.infer<typeof Assistant>): Fact[] {
  const text = message.content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join('')
  const said: Fact[] = text === '' ? [] : [{ type: 'text', text, continues: false }]
  return [...usageOf(message), ...said, ...endingOf(message)]
}

function usageOf({ usage, provider, model }: z.infer<typeof Assistant>): Fact[] {
  if (!usage) return []
  return [
    {
      type: 'usage',
      usage: {
        provider,
        model,
        inputTokens: usage.input + usage.cacheRead + usage.cacheWrite,
        outputTokens: usage.output,
        cachedInputTokens: usage.cacheRead,
        costMicros: toMicros(usage.cost.total),
      },
    },
  ]
}

function endingOf({ stopReason, errorMessage }: z.infer<typeof Assistant>): Fact[] {
  const message = errorMessage ?? `The model call ended with "${stopReason}".`
  if (stopReason === 'stop') return [{ type: 'result' }]
  if (stopReason === 'length')
    return [{ type: 'failure', class: 'bad_request', message: 'The answer of the model was cut at its greatest length.' }]
  if (stopReason === 'error' || stopReason === 'aborted') return [{ type: 'failure', class: 'unknown', message }]
  return []
}
