import type { JsonObject, JsonValue } from '@engine/core/plugin'

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

/** A server that speaks OpenAI's Responses and Chat Completions, streaming. It refuses what the real one refuses of a conversation. */
export function fakeOpenAi(options: FakeModelOptions = {}): Promise<FakeModel> {
  return serveFakeModel(wire, options)
}

const wire: Wire = {
  basePath: '/v1',
  isCall: (path) => path === '/v1/chat/completions' || path === '/v1/responses',
  fault: (call) => (call.body['stream'] === true ? conversationFault(call) : 'this fake does nothing but stream'),
  events: (reply, call) => (call.path === '/v1/responses' ? responseEvents(reply, call) : chatEvents(reply, call)),
  error: ({ code = null, message = 'It failed.', status }) => ({
    error: { message, type: status >= 500 ? 'server_error' : 'invalid_request_error', param: null, code },
  }),
  model: (id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'fake' }),
}

function conversationFault({ path, body }: FakeCall): string | null {
  if (typeof body['model'] !== 'string') return 'you must provide a model parameter'
  return path === '/v1/responses' ? inputFault(body) : messagesFault(body)
}

function messagesFault(body: JsonObject): string | null {
  const messages = objectsIn(body['messages'])
  if (messages.length === 0) return '[] is too short - messages'
  const called = messages.flatMap((message) => objectsIn(message['tool_calls']).map((call) => call['id']))
  const answered = messages.flatMap((message) => (message['role'] === 'tool' ? [message['tool_call_id']] : []))
  return JSON.stringify(called) === JSON.stringify(answered)
    ? null
    : "an assistant message with 'tool_calls' must be followed by tool messages"
}

function inputFault(body: JsonObject): string | null {
  const items = objectsIn(body['input'])
  if (items.length === 0) return 'input: must not be empty'
  const idsOf = (type: string) => items.flatMap((item) => (item['type'] === type ? [item['call_id']] : []))
  return JSON.stringify(idsOf('function_call')) === JSON.stringify(idsOf('function_call_output'))
    ? null
    : 'No tool output found for function call'
}

const finishReasons = { ended: 'stop', length: 'length', context_full: 'length', refused: 'content_filter' } as const

function* chatEvents(reply: FakeReply, { body }: FakeCall): Iterable<string> {
  const chunk = (fields: JsonObject) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1_767_225_600, model: body['model'] ?? null, ...fields })}\n\n`
  const choice = (delta: JsonObject, finish_reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] })
  yield choice({ role: 'assistant', content: '', refusal: null })
  for (const content of piecesOf(reply)) yield choice({ content })
  if (reply.streamError) {
    const { code, message = 'It failed.' } = reply.streamError
    return yield `data: ${JSON.stringify({ error: { message, type: 'server_error', code } })}\n\n`
  }
  for (const [index, { name, input }] of (reply.toolCalls ?? []).entries()) {
    yield choice({ tool_calls: [{ index, id: `call_${callNumber(body)}_${index}`, type: 'function', function: { name, arguments: '' } }] })
    for (const piece of inputPieces(input)) yield choice({ tool_calls: [{ index, function: { arguments: piece } }] })
  }
  const stop = reply.stop ?? 'ended'
  yield choice({}, stop === 'ended' && reply.toolCalls ? 'tool_calls' : finishReasons[stop])
  const usage = usageOf(reply)
  if (usage) {
    const { inputTokens: prompt_tokens, outputTokens: completion_tokens, cachedInputTokens: cached_tokens } = usage
    const total_tokens = prompt_tokens + completion_tokens
    yield chunk({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details: { cached_tokens } } })
  }
  yield 'data: [DONE]\n\n'
}

/** Ids differ from call to call, as they have to. */
function callNumber(body: JsonObject): number {
  return objectsIn(body['messages'] ?? body['input']).length
}

/** Gives each event its number. */
function* responseEvents(reply: FakeReply, call: FakeCall): Iterable<string> {
  let sequence_number = 0
  for (const { type, ...fields } of responseSteps(reply, call))
    yield `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: sequence_number++ })}\n\n`
}

type Step = JsonObject & { type: string }

function* responseSteps(reply: FakeReply, { body }: FakeCall): Iterable<Step> {
  const response = (fields: JsonObject) => ({
    id: 'resp_fake',
    object: 'response',
    created_at: 1_767_225_600,
    model: body['model'] ?? null,
    error: null,
    incomplete_details: null,
    output: [],
    usage: null,
    ...fields,
  })
  yield { type: 'response.created', response: response({ status: 'in_progress' }) }
  const output: JsonValue[] = []
  const text = yield* textSteps(reply)
  if (text !== '') output.push(messageItem(text))
  if (reply.streamError) {
    const { code, message = 'It failed.' } = reply.streamError
    return yield { type: 'response.failed', response: response({ status: 'failed', error: { code, message } }) }
  }
  for (const [index, { name, input }] of (reply.toolCalls ?? []).entries()) {
    const call_id = `call_${callNumber(body)}_${index}`
    output.push(yield* callSteps({ name, call_id, pieces: inputPieces(input), output_index: output.length }))
  }
  yield lastStep(reply, { response, output })
}

function lastStep(reply: FakeReply, { response, output }: { response: (fields: JsonObject) => JsonObject; output: JsonValue[] }): Step {
  const usage = usageOf(reply)
  const counted = usage && {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
  const { stop = 'ended' } = reply
  if (stop === 'ended') return { type: 'response.completed', response: response({ status: 'completed', output, usage: counted }) }
  if (stop === 'context_full') {
    const error = { code: 'context_length_exceeded', message: 'Your input exceeds the context window of this model.' }
    return { type: 'response.failed', response: response({ status: 'failed', output, usage: counted, error }) }
  }
  const incomplete_details = { reason: stop === 'length' ? 'max_output_tokens' : 'content_filter' }
  return { type: 'response.incomplete', response: response({ status: 'incomplete', output, usage: counted, incomplete_details }) }
}

function messageItem(text: string): JsonObject {
  return {
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  }
}

function* textSteps(reply: FakeReply): Generator<Step, string> {
  const place = { item_id: 'msg_fake', output_index: 0, content_index: 0 }
  let text = ''
  for (const delta of piecesOf(reply)) {
    if (text === '')
      yield { type: 'response.output_item.added', output_index: 0, item: { ...messageItem(''), status: 'in_progress', content: [] } }
    text += delta
    yield { type: 'response.output_text.delta', ...place, delta, logprobs: [] }
  }
  if (text !== '') {
    yield { type: 'response.output_text.done', ...place, text, logprobs: [] }
    yield { type: 'response.output_item.done', output_index: 0, item: messageItem(text) }
  }
  return text
}

interface CallToWrite {
  readonly name: string
  readonly call_id: string
  readonly pieces: readonly string[]
  readonly output_index: number
}

function* callSteps({ name, call_id, pieces, output_index }: CallToWrite): Generator<Step, JsonObject> {
  const item = { id: `fc_${call_id}`, type: 'function_call', status: 'completed', name, call_id, arguments: pieces.join('') }
  yield { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', arguments: '' } }
  for (const delta of pieces) yield { type: 'response.function_call_arguments.delta', item_id: item.id, output_index, delta }
  yield { type: 'response.function_call_arguments.done', item_id: item.id, output_index, arguments: item.arguments }
  yield { type: 'response.output_item.done', output_index, item }
  return item
}
