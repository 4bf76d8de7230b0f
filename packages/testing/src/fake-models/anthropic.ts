import type { JsonObject } from '@engine/core/plugin'

import {
  inputPieces,
  objectsIn,
  piecesOf,
  usageOf,
  type FakeCall,
  type FakeModel,
  type FakeModelOptions,
  type FakeReply,
  type Wire,
} from './script.ts'
import { serveFakeModel } from './server.ts'

/** A server that speaks Anthropic's Messages API, streaming. It refuses what the real one refuses of a conversation. */
export function fakeAnthropic(options: FakeModelOptions = {}): Promise<FakeModel> {
  return serveFakeModel(wire, options)
}

const stopReasons = { ended: 'end_turn', length: 'max_tokens', context_full: 'model_context_window_exceeded', refused: 'refusal' } as const

const statusNames: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

const wire: Wire = {
  basePath: '',
  isCall: (path) => path === '/v1/messages',
  fault,
  events,
  error: ({ status, message = 'It failed.' }) => ({
    type: 'error',
    error: { type: statusNames[status] ?? 'api_error', message },
    request_id: 'req_fake',
  }),
  model: (id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }),
}

function sse(type: string, fields: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

function* events(reply: FakeReply, { body }: FakeCall): Iterable<string> {
  const usage = usageOf(reply)
  const counted = usage ?? { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }
  const message = { id: 'msg_fake', type: 'message', role: 'assistant', model: body['model'] ?? null, content: [] }
  yield sse('message_start', { message: { ...message, stop_reason: null, stop_sequence: null, usage: inputUsage(counted) } })
  yield sse('ping', {})
  let index = 0
  let hasText = false
  for (const text of piecesOf(reply)) {
    if (!hasText) yield sse('content_block_start', { index, content_block: { type: 'text', text: '' } })
    hasText = true
    yield sse('content_block_delta', { index, delta: { type: 'text_delta', text } })
  }
  if (hasText) yield sse('content_block_stop', { index: index++ })
  if (reply.streamError) {
    const { code, message: said = 'It failed.' } = reply.streamError
    return yield sse('error', { error: { type: code, message: said } })
  }
  for (const { name, input } of reply.toolCalls ?? []) {
    yield sse('content_block_start', { index, content_block: { type: 'tool_use', id: `toolu_${index}`, name, input: {} } })
    for (const partial_json of inputPieces(input))
      yield sse('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } })
    yield sse('content_block_stop', { index: index++ })
  }
  const stop = reply.stop ?? 'ended'
  const stop_reason = stop === 'ended' && reply.toolCalls ? 'tool_use' : stopReasons[stop]
  yield sse('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: counted.outputTokens } })
  yield sse('message_stop', {})
}

/** Here the tokens that were read from the cache are no part of the others. */
function inputUsage({ inputTokens, cachedInputTokens }: { inputTokens: number; cachedInputTokens: number }): JsonObject {
  return {
    input_tokens: inputTokens - cachedInputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: 1,
  }
}

function fault({ headers, body }: FakeCall): string | null {
  if (headers['anthropic-version'] === undefined) return 'anthropic-version: header is required'
  if (typeof body['model'] !== 'string') return 'model: Field required'
  if (!Number.isInteger(body['max_tokens']) || Number(body['max_tokens']) < 1) return 'max_tokens: must be at least 1'
  if (body['stream'] !== true) return 'stream: this fake does nothing but stream'
  const messages = objectsIn(body['messages'])
  if (messages[0]?.['role'] !== 'user') return 'messages: first message must use the "user" role'
  return messages.map((message, index) => faultOf(message, messages[index + 1])).find((found) => found !== null) ?? null
}

function faultOf(message: JsonObject, next: JsonObject | undefined): string | null {
  const { content } = message
  if (content === '' || (Array.isArray(content) && content.length === 0)) return 'messages: content must not be empty'
  if (objectsIn(content).some((block) => block['type'] === 'text' && block['text'] === '')) return 'messages: text must not be empty'
  const used = objectsIn(content).flatMap((block) => (block['type'] === 'tool_use' ? [block['id']] : []))
  const answered = objectsIn(next?.['content']).flatMap((block) => (block['type'] === 'tool_result' ? [block['tool_use_id']] : []))
  if (JSON.stringify(used) === JSON.stringify(answered)) return null
  return 'messages: each `tool_use` block must have its `tool_result` block in the next message'
}
