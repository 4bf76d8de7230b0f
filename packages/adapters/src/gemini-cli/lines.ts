import type { JsonObject } from '@engine/core/plugin'
import { z } from 'zod'

import type { Fact } from '../cli/facts.ts'

const amount = z.number().catch(0)
const Stats = z.object({ input_tokens: amount, output_tokens: amount, cached: amount })

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('init'), session_id: z.string() }),
  z.object({ type: z.literal('message'), role: z.string(), content: z.string(), delta: z.boolean().catch(false) }),
  z.object({ type: z.literal('tool_use'), tool_name: z.string(), tool_id: z.string(), parameters: z.json().optional() }),
  z.object({
    type: z.literal('tool_result'),
    tool_id: z.string(),
    status: z.string(),
    output: z.json().optional(),
    error: z.json().optional(),
  }),
  z.object({ type: z.literal('error'), message: z.string() }),
  z.object({
    type: z.literal('result'),
    status: z.string(),
    error: z.object({ message: z.string() }).optional().catch(undefined),
    stats: Stats.extend({ models: z.record(z.string(), Stats).optional().catch(undefined) })
      .optional()
      .catch(undefined),
  }),
])
type Result = Extract<z.infer<typeof Line>, { type: 'result' }>

/** What one line of `-o stream-json` says. Pure. */
export function readLine(line: JsonObject): Fact[] | null {
  const parsed = Line.safeParse(line)
  if (!parsed.success) return null
  const { data } = parsed
  switch (data.type) {
    case 'init':
      return [{ type: 'session', id: data.session_id }]
    case 'message':
      return data.role === 'assistant' ? [{ type: 'text', text: data.content, continues: data.delta }] : []
    case 'tool_use':
      return [{ type: 'tool_started', id: data.tool_id, name: data.tool_name, input: data.parameters }]
    case 'tool_result':
      return [{ type: 'tool_ended', id: data.tool_id, output: data.output ?? data.error, isError: data.status !== 'success' }]
    case 'error':
      return [{ type: 'notice', text: data.message }]
    case 'result':
      return readResult(data)
  }
}

/** Counted anew in each run. */
function readResult({ status, error, stats }: Result): Fact[] {
  const byModel = stats?.models ? Object.entries(stats.models) : stats ? [[undefined, stats] as const] : []
  const usage = byModel.map(([model, counted]): Fact => ({
    type: 'usage',
    usage: {
      provider: 'google',
      model,
      inputTokens: counted.input_tokens,
      outputTokens: counted.output_tokens,
      cachedInputTokens: counted.cached,
    },
  }))
  if (status === 'success') return [...usage, { type: 'result' }]
  return [...usage, { type: 'failure', class: 'unknown', message: error?.message ?? `It ended with the status "${status}".` }]
}
