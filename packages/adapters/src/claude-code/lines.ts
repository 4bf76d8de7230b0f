import type { FailureClass, JsonObject } from '@engine/core/plugin'
import { z } from 'zod'

import { failureOfStatus, toMicros, type Counters, type Fact } from '../cli/facts.ts'

const amount = z.number().catch(0)

/** What the program says about a model call that failed. */
const callErrors: Readonly<Record<string, FailureClass>> = {
  authentication_failed: 'auth',
  oauth_org_not_allowed: 'auth',
  account_on_hold: 'auth',
  verification_required: 'auth',
  cloud_credential_error: 'auth',
  billing_error: 'quota',
  rate_limit: 'rate_limited',
  overloaded: 'overloaded',
  invalid_request: 'bad_request',
  model_not_found: 'config',
  server_error: 'transient',
  max_output_tokens: 'bad_request',
}

const TextBlock = z.object({ type: z.literal('text'), text: z.string() })
const ToolUseBlock = z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.json().optional() })
const ToolResultBlock = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.json().optional(),
  is_error: z.boolean().nullish(),
})
const OtherBlock = z.object({ type: z.string() })

const Usage = z.object({
  input_tokens: amount,
  output_tokens: amount,
  cache_read_input_tokens: amount,
  cache_creation_input_tokens: amount,
})
const ModelUsage = z.object({
  inputTokens: amount,
  outputTokens: amount,
  cacheReadInputTokens: amount,
  cacheCreationInputTokens: amount,
  costUSD: amount,
})

const Assistant = z.object({
  type: z.literal('assistant'),
  parent_tool_use_id: z.string().nullish(),
  error: z.string().nullish().catch(null),
  message: z.object({
    id: z.string().catch(''),
    model: z.string().optional().catch(undefined),
    content: z.array(z.union([TextBlock, ToolUseBlock, OtherBlock])),
    usage: Usage.optional().catch(undefined),
  }),
})
const User = z.object({
  type: z.literal('user'),
  message: z.object({ content: z.union([z.string(), z.array(z.union([ToolResultBlock, OtherBlock]))]) }),
})
const Result = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean().catch(false),
  result: z.string().optional().catch(undefined),
  errors: z.array(z.string()).optional().catch(undefined),
  stop_reason: z.string().nullish().catch(null),
  terminal_reason: z.string().nullish().catch(null),
  api_error_status: z.number().nullish().catch(null),
  modelUsage: z.record(z.string(), ModelUsage).catch({}),
  permission_denials: z.array(z.object({ tool_name: z.string() })).catch([]),
})
const RateLimit = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({ status: z.string(), resetsAt: z.number().optional(), rateLimitType: z.string().optional() }),
})
const System = z.object({
  type: z.literal('system'),
  subtype: z.string(),
  session_id: z.string().optional(),
  apiKeySource: z.string().optional(),
})
const Line = z.discriminatedUnion('type', [Assistant, User, Result, RateLimit, System])

/** What one line of `--output-format stream-json` says. Pure. */
export function readLine(line: JsonObject): Fact[] | null {
  const parsed = Line.safeParse(line)
  if (!parsed.success) return null
  switch (parsed.data.type) {
    case 'system':
      return readSystem(parsed.data)
    case 'assistant':
      return readAssistant(parsed.data)
    case 'user':
      return readUser(parsed.data)
    case 'result':
      return readResult(parsed.data)
    case 'rate_limit_event':
      return readRateLimit(parsed.data)
  }
}

/** Of the many lines about the program itself only its beginning says something for a run; the others stay log. */
function readSystem({ subtype, session_id: id, apiKeySource: source }: z.infer<typeof System>): Fact[] | null {
  if (subtype === 'init') return [...billingOf(source), ...(id === undefined ? [] : [{ type: 'session', id } satisfies Fact])]
  return subtype === 'ui_invalidate' ? [] : null
}

/** Without a key it is logged in with an account: then what it says that it costs is paid by a subscription. */
function billingOf(source: string | undefined): Fact[] {
  return source === undefined ? [] : [{ type: 'billing', billingType: source === 'none' ? 'subscription' : 'metered' }]
}

function readAssistant({ message, parent_tool_use_id: parent, error }: z.infer<typeof Assistant>): Fact[] {
  const facts: Fact[] = []
  for (const block of message.content) {
    // What a helper of the agent says is for the agent, not its own last word.
    if ('text' in block)
      facts.push((parent ?? null) === null ? { type: 'text', text: block.text, continues: false } : { type: 'notice', text: block.text })
    if ('id' in block) facts.push({ type: 'tool_started', id: block.id, name: block.name, input: block.input })
  }
  if (message.usage)
    facts.push({
      type: 'provisional_usage',
      call: message.id,
      usage: { provider: 'anthropic', model: message.model, ...amounts(message.usage) },
    })
  if (typeof error === 'string') facts.push(failureOfCall(error, textOf(message.content) || error))
  return facts
}

function failureOfCall(error: string, message: string): Fact {
  const isProviderFault = error === 'server_error'
  return { type: 'failure', class: callErrors[error] ?? 'unknown', message, ...(isProviderFault && { isProviderFault }) }
}

function readUser({ message }: z.infer<typeof User>): Fact[] {
  if (typeof message.content === 'string') return []
  return message.content.flatMap((block): Fact[] =>
    'tool_use_id' in block ? [{ type: 'tool_ended', id: block.tool_use_id, output: block.content, isError: block.is_error === true }] : [],
  )
}

function readResult(result: z.infer<typeof Result>): Fact[] {
  const denied = [...new Set(result.permission_denials.map((denial) => denial.tool_name))]
  const totals = Object.fromEntries(Object.entries(result.modelUsage).map(([model, usage]) => [model, countersOf(usage)]))
  return [
    ...(denied.length > 0 ? [{ type: 'notice', text: `refused by its permissions: ${denied.join(', ')}` } satisfies Fact] : []),
    { type: 'totals', provider: 'anthropic', totals },
    ...endingOf(result),
  ]
}

/** A failed call is told by `is_error`, also when the subtype is "success"; the class of it may have been told by the line before. */
function endingOf(result: z.infer<typeof Result>): Fact[] {
  const why = result.errors?.join('\n') || result.result || result.terminal_reason || result.subtype
  const failure = (failureClass: FailureClass, message: string): Fact[] => [{ type: 'failure', class: failureClass, message }]
  if (result.subtype === 'error_max_turns')
    return failure('config', 'It used all of its model calls; raise `maxTurns` or make the task smaller.')
  if (result.subtype === 'error_max_budget_usd')
    return failure('quota', 'It used all of its money; raise `maxBudgetUsd` or make the task smaller.')
  if (result.stop_reason === 'refusal') return failure('refused', why)
  if (!result.is_error && result.subtype === 'success') return [{ type: 'result', text: result.result }]
  if (typeof result.api_error_status === 'number') return [failureOfStatus(result.api_error_status, why)]
  if (result.terminal_reason === 'prompt_too_long') return failure('bad_request', why)
  return failure('unknown', why)
}

function readRateLimit({ rate_limit_info: info }: z.infer<typeof RateLimit>): Fact[] {
  if (info.status !== 'rejected') return []
  const notice: Fact = { type: 'notice', text: `the limit "${info.rateLimitType ?? 'of the rate'}" is reached` }
  return info.resetsAt === undefined ? [notice] : [notice, { type: 'wait', untilMs: info.resetsAt * 1_000 }]
}

function amounts(usage: z.infer<typeof Usage>) {
  return {
    inputTokens: usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
    outputTokens: usage.output_tokens,
    cachedInputTokens: usage.cache_read_input_tokens,
  }
}

function countersOf(usage: z.infer<typeof ModelUsage>): Counters {
  return {
    inputTokens: usage.inputTokens + usage.cacheReadInputTokens + usage.cacheCreationInputTokens,
    outputTokens: usage.outputTokens,
    cachedInputTokens: usage.cacheReadInputTokens,
    costMicros: toMicros(usage.costUSD),
  }
}

function textOf(content: z.infer<typeof Assistant>['message']['content']): string {
  return content.map((block) => ('text' in block ? block.text : '')).join('')
}
