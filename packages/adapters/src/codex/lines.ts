import type { JsonObject } from '@engine/core/plugin'
import { z } from 'zod'

import type { Fact } from '../cli/facts.ts'
import type { CodexConfig } from './config.ts'

const amount = z.number().catch(0)

const Text = z.object({ type: z.literal('agent_message'), text: z.string() })
const Thought = z.object({ type: z.literal('reasoning'), text: z.string().catch('') })
const Complaint = z.object({ type: z.literal('error'), message: z.string() })
const Command = z.object({
  id: z.string(),
  type: z.literal('command_execution'),
  command: z.string(),
  aggregated_output: z.string().catch(''),
  exit_code: z.number().nullish().catch(null),
  status: z.string().catch(''),
})
const FileChange = z.object({ id: z.string(), type: z.literal('file_change'), changes: z.json(), status: z.string().catch('') })
const ToolCall = z.object({
  id: z.string(),
  type: z.literal('mcp_tool_call'),
  server: z.string(),
  tool: z.string(),
  arguments: z.json().optional(),
  result: z.json().optional(),
  error: z.json().optional(),
  status: z.string().catch(''),
})
const WebSearch = z.object({ id: z.string(), type: z.literal('web_search'), query: z.string().catch('') })
const Item = z.discriminatedUnion('type', [Text, Thought, Complaint, Command, FileChange, ToolCall, WebSearch])
type Item = z.infer<typeof Item>

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thread.started'), thread_id: z.string() }),
  z.object({ type: z.literal('turn.started') }),
  z.object({ type: z.literal('item.started'), item: Item }),
  z.object({ type: z.literal('item.completed'), item: Item }),
  z.object({
    type: z.literal('turn.completed'),
    usage: z.object({ input_tokens: amount, cached_input_tokens: amount, cache_write_input_tokens: amount, output_tokens: amount }),
  }),
  z.object({ type: z.literal('turn.failed'), error: z.object({ message: z.string() }) }),
  // Told each time that it tries to reach the provider again, too: what became of it is told by the end of the turn.
  z.object({ type: z.literal('error'), message: z.string() }),
])

/** What one line of `codex exec --json` says. Pure. */
export function readLine(
  line: JsonObject,
  { model, settings = {} }: Pick<CodexConfig, 'model'> & Partial<Pick<CodexConfig, 'settings'>>,
): Fact[] | null {
  const parsed = Line.safeParse(line)
  if (!parsed.success) return null
  const { data } = parsed
  switch (data.type) {
    case 'thread.started':
      return [{ type: 'session', id: data.thread_id }]
    case 'turn.started':
      return []
    case 'item.started':
      return startOf(data.item)
    case 'item.completed':
      return endOf(data.item)
    case 'turn.completed': {
      const { input_tokens: inputTokens, output_tokens: outputTokens, cached_input_tokens: cachedInputTokens } = data.usage
      const written = data.usage.cache_write_input_tokens
      const counters = { inputTokens, outputTokens, cachedInputTokens, ...(written > 0 && { cacheWriteTokens: written }), costMicros: null }
      return [{ type: 'totals', provider: providerOf(settings), totals: { [model ?? '']: counters } }, { type: 'result' }]
    }
    case 'turn.failed':
      return [{ type: 'failure', class: 'unknown', message: data.error.message }]
    case 'error':
      return [{ type: 'notice', text: data.message }]
  }
}

/** A TOML text; its own provider when nothing else is set. */
function providerOf({ model_provider: provider = 'openai' }: CodexConfig['settings']): string {
  return provider.replaceAll(/^["']|["']$/g, '')
}

function startOf(item: Item): Fact[] {
  switch (item.type) {
    case 'command_execution':
      return [{ type: 'tool_started', id: item.id, name: 'command', input: item.command }]
    case 'file_change':
      return [{ type: 'tool_started', id: item.id, name: 'file_change', input: item.changes }]
    case 'mcp_tool_call':
      return [{ type: 'tool_started', id: item.id, name: `${item.server}.${item.tool}`, input: item.arguments }]
    case 'web_search':
      return [{ type: 'tool_started', id: item.id, name: 'web_search', input: item.query }]
    default:
      return []
  }
}

/** Not every item that ends was told to begin. */
function endOf(item: Item): Fact[] {
  switch (item.type) {
    case 'agent_message':
      return [{ type: 'text', text: item.text, continues: false }]
    case 'reasoning':
      return []
    case 'error':
      return [{ type: 'notice', text: item.message }]
    case 'command_execution': {
      const isError = item.status === 'failed' || (item.exit_code ?? 0) !== 0
      return [...startOf(item), { type: 'tool_ended', id: item.id, output: item.aggregated_output, isError }]
    }
    case 'mcp_tool_call':
      return [...startOf(item), { type: 'tool_ended', id: item.id, output: item.result ?? item.error, isError: item.status === 'failed' }]
    default: {
      const isError = 'status' in item && item.status === 'failed'
      return [...startOf(item), { type: 'tool_ended', id: item.id, isError }]
    }
  }
}
