import type { FailureClass, JsonObject, RunUsage } from '@engine/core/plugin'
import { z } from 'zod'

import { failureOfStatus, toMicros, type Fact } from '../cli/facts.ts'
import type { OpencodeConfig } from './config.ts'

const amount = z.number().catch(0)
const ToolState = z.object({
  status: z.string(),
  input: z.json().optional(),
  output: z.json().optional(),
  error: z.json().optional(),
  time: z.object({ start: z.number(), end: z.number() }).optional().catch(undefined),
})
const Tokens = z.object({
  total: z.number().optional().catch(undefined),
  input: amount,
  output: amount,
  reasoning: amount,
  cache: z.object({ read: amount, write: amount }).catch({ read: 0, write: 0 }),
})
const sessionID = z.string()
const Problem = z.object({
  name: z.string().catch(''),
  data: z
    .object({ message: z.string().optional().catch(undefined), statusCode: z.number().optional().catch(undefined) })
    .optional()
    .catch(undefined),
})

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('step_start'), sessionID }),
  z.object({ type: z.literal('text'), sessionID, part: z.object({ text: z.string() }) }),
  z.object({ type: z.literal('reasoning'), sessionID }),
  z.object({ type: z.literal('tool_use'), sessionID, part: z.object({ tool: z.string(), callID: z.string(), state: ToolState }) }),
  z.object({
    type: z.literal('step_finish'),
    sessionID,
    part: z.object({ reason: z.string(), tokens: Tokens, cost: amount }),
  }),
  z.object({ type: z.literal('error'), sessionID: sessionID.optional(), error: Problem }),
])
type Line = z.infer<typeof Line>

/** Problems that name no answer of a provider. */
const problems: Readonly<Record<string, FailureClass>> = {
  ProviderAuthError: 'auth',
  MessageOutputLengthError: 'bad_request',
  ContextOverflowError: 'bad_request',
}

/** What one line of `opencode run --format json` says. Pure. */
export function readLine(line: JsonObject, { model }: Pick<OpencodeConfig, 'model'>): Fact[] | null {
  const parsed = Line.safeParse(line)
  if (!parsed.success) return null
  const { data } = parsed
  switch (data.type) {
    case 'step_start':
      return [{ type: 'session', id: data.sessionID }, { type: 'step' }]
    case 'text':
      return [{ type: 'text', text: withLineEnd(data.part.text), continues: true }]
    case 'reasoning':
      return []
    case 'tool_use':
      return readTool(data.part)
    case 'step_finish':
      return [{ type: 'usage', usage: usageOf(data.part, model) }, ...endingOf(data.part.reason)]
    case 'error':
      return [readProblem(data.error)]
  }
}

/** A tool is told once, when it has ended. */
function readTool({ tool, callID: id, state }: Extract<Line, { type: 'tool_use' }>['part']): Fact[] {
  const durationMs = state.time && Math.max(0, state.time.end - state.time.start)
  return [
    { type: 'tool_started', id, name: tool, input: state.input },
    { type: 'tool_ended', id, output: state.output ?? state.error, isError: state.status === 'error', durationMs },
  ]
}

/** Each step tells what it used itself; only their sum is that of the run. */
function usageOf({ tokens, cost }: Extract<Line, { type: 'step_finish' }>['part'], model: string): RunUsage {
  const inputTokens = tokens.input + tokens.cache.read + tokens.cache.write
  return {
    provider: providerOf(model),
    model: model.slice(model.indexOf('/') + 1),
    inputTokens,
    // Whether thinking is within the output depends on the version; the total tells.
    outputTokens: tokens.total === undefined ? tokens.output + tokens.reasoning : Math.max(tokens.output, tokens.total - inputTokens),
    cachedInputTokens: tokens.cache.read,
    costMicros: toMicros(cost),
  }
}

/** There is no line for the end: the last step is the one after which no tool is called. */
function endingOf(reason: string): Fact[] {
  if (reason === 'tool-calls') return []
  if (reason === 'content-filter') return [{ type: 'failure', class: 'refused', message: 'The model refused to answer.' }]
  if (reason === 'length')
    return [{ type: 'failure', class: 'bad_request', message: 'The answer of the model was cut at its greatest length.' }]
  if (reason === 'error') return [{ type: 'failure', class: 'unknown', message: 'The model failed.' }]
  return [{ type: 'result' }]
}

function readProblem({ name, data }: z.infer<typeof Problem>): Fact {
  const message = data?.message ?? (name || 'The program told an error without a name.')
  if (data?.statusCode !== undefined) return failureOfStatus(data.statusCode, message)
  return { type: 'failure', class: problems[name] ?? 'unknown', message }
}

export function providerOf(model: string): string {
  return model.slice(0, model.indexOf('/'))
}

function withLineEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
