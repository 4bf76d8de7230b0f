import type { JsonObject, JsonValue } from '@engine/core/plugin'
import { z } from 'zod'

import type { Fact } from '../cli/facts.ts'

/** One member, named after the tool: {"readToolCall": {"args": …, "result": {"success": …}}}. */
const ToolCall = z.record(z.string(), z.object({ args: z.json().optional(), result: z.json().optional() }))

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('system'), subtype: z.string(), session_id: z.string().optional() }),
  z.object({ type: z.literal('user') }),
  z.object({
    type: z.literal('assistant'),
    message: z.object({ content: z.array(z.object({ type: z.string(), text: z.string().optional() })) }),
  }),
  z.object({ type: z.literal('thinking') }),
  z.object({ type: z.literal('tool_call'), subtype: z.string(), call_id: z.string(), tool_call: ToolCall }),
  z.object({
    type: z.literal('result'),
    subtype: z.string(),
    is_error: z.boolean().catch(false),
    result: z.string().optional().catch(undefined),
    session_id: z.string().optional(),
  }),
])
type Line = z.infer<typeof Line>

/** What one line of `--output-format stream-json` says. Pure. */
export function readLine(line: JsonObject): Fact[] | null {
  const parsed = Line.safeParse(line)
  if (!parsed.success) return null
  const { data } = parsed
  switch (data.type) {
    case 'system':
      return data.subtype === 'init' ? sessionOf(data.session_id) : null
    case 'user':
    case 'thinking':
      return []
    case 'assistant':
      return [{ type: 'text', text: data.message.content.map(({ text }) => text ?? '').join(''), continues: false }]
    case 'tool_call':
      return readTool(data)
    case 'result':
      return [...sessionOf(data.session_id), endingOf(data)]
  }
}

function sessionOf(id: string | undefined): Fact[] {
  return id === undefined ? [] : [{ type: 'session', id }]
}

function readTool({ subtype, call_id: id, tool_call: call }: Extract<Line, { type: 'tool_call' }>): Fact[] {
  const [name, details] = Object.entries(call)[0] ?? ['tool', {}]
  if (subtype === 'started') return [{ type: 'tool_started', id, name: name.replace(/ToolCall$/, ''), input: details.args }]
  if (subtype !== 'completed') return []
  return [{ type: 'tool_ended', id, output: details.result, isError: !hasSucceeded(details.result) }]
}

function hasSucceeded(result: JsonValue | undefined): boolean {
  return typeof result === 'object' && result !== null && 'success' in result
}

function endingOf({ subtype, is_error: isError, result }: Extract<Line, { type: 'result' }>): Fact {
  if (subtype === 'success' && !isError) return { type: 'result', text: result }
  return { type: 'failure', class: 'unknown', message: result ?? `It ended with "${subtype}".` }
}
