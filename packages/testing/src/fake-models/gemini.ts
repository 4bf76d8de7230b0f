import type { JsonObject, JsonValue } from '@engine/core/plugin'

import { objectsIn, piecesOf, usageOf, type FakeCall, type FakeModel, type FakeModelOptions, type FakeReply, type Wire } from './script.ts'
import { serveFakeModel } from './server.ts'

/** A server that speaks Google's Gemini API, streaming. It refuses what the real one refuses of a conversation. */
export function fakeGemini(options: FakeModelOptions = {}): Promise<FakeModel> {
  return serveFakeModel(wire, options)
}

const statusNames: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}
const finishReasons = { ended: 'STOP', length: 'MAX_TOKENS', context_full: 'MAX_TOKENS', refused: 'SAFETY' } as const
const errorInfo = 'type.googleapis.com/google.rpc.ErrorInfo'

const wire: Wire = {
  basePath: '/v1beta',
  isCall: (path) => path.endsWith(':streamGenerateContent'),
  // A key that is not known is a bad argument here.
  unknownKeyStatus: 400,
  fault: ({ body }) => conversationFault(objectsIn(body['contents'])),
  events,
  error: ({ status, code, message = 'It failed.', details = [] }) => ({
    error: {
      code: status,
      message,
      status: statusNames[status] ?? 'UNKNOWN',
      details: [...details, ...(code === undefined ? [] : [{ '@type': errorInfo, reason: reasonOf(code), domain: 'googleapis.com' }])],
    },
  }),
  model: (id) => ({ name: `models/${id}`, displayName: id, inputTokenLimit: 1_000_000, supportedGenerationMethods: ['generateContent'] }),
}

function reasonOf(code: string): string {
  return code === 'invalid_api_key' ? 'API_KEY_INVALID' : code
}

function* events(reply: FakeReply, { body }: FakeCall): Iterable<string> {
  const usage = usageOf(reply)
  const usageMetadata = usage && {
    promptTokenCount: usage.inputTokens,
    cachedContentTokenCount: usage.cachedInputTokens,
    // Thinking is counted by itself.
    candidatesTokenCount: usage.outputTokens - 1,
    thoughtsTokenCount: 1,
    totalTokenCount: usage.inputTokens + usage.outputTokens,
  }
  const chunk = (fields: JsonObject) =>
    `data: ${JSON.stringify({ ...fields, ...(usageMetadata && { usageMetadata }), responseId: 'fake' })}\r\n\r\n`
  const said = (parts: JsonValue[], more: JsonObject = {}) =>
    chunk({ candidates: [{ content: { role: 'model', parts }, ...more, index: 0 }] })
  yield said([{ text: 'A thought that nobody is told.', thought: true }])
  for (const text of piecesOf(reply)) yield said([{ text }])
  if (reply.streamError) {
    const { code, message = 'It failed.' } = reply.streamError
    return yield `data: ${JSON.stringify({ error: { code: 503, message, status: code } })}\r\n\r\n`
  }
  yield said([{ text: '', thoughtSignature: signature }])
  const number = objectsIn(body['contents']).length
  for (const [index, { name, input }] of (reply.toolCalls ?? []).entries())
    yield said([{ functionCall: { id: `fc_${number}_${index}`, name, args: argumentsOf(input) }, thoughtSignature: signature }])
  yield said([], { finishReason: finishReasons[reply.stop ?? 'ended'] })
}

/** What the model wants back as it was. */
const signature = 'c2lnbmF0dXJl'

function argumentsOf(input: JsonObject | string): JsonValue {
  if (typeof input !== 'string') return input
  try {
    // Parsed JSON is JSON.
    return JSON.parse(input) as JsonValue
  } catch {
    return input
  }
}

function conversationFault(contents: readonly JsonObject[]): string | null {
  if (contents[0]?.['role'] !== 'user') return 'contents: the first one is that of the user'
  const partsOf = (content: JsonObject | undefined) => objectsIn(content?.['parts'])
  for (const [index, content] of contents.entries()) {
    if (partsOf(content).length === 0) return 'contents.parts must not be empty'
    const calls = partsOf(content).filter((part) => 'functionCall' in part)
    if (calls.some((part) => part['thoughtSignature'] !== signature)) return 'Function call is missing a thought_signature'
    const answered = partsOf(contents[index + 1]).filter((part) => 'functionResponse' in part)
    const idOf = (part: JsonObject, field: string) => JSON.stringify(objectsIn([part[field]]).map(({ id, name }) => [id, name]))
    const wanted = calls.map((part) => idOf(part, 'functionCall')).join()
    if (wanted !== answered.map((part) => idOf(part, 'functionResponse')).join())
      return 'the number of function response parts is not that of the function call parts of the turn before'
  }
  return null
}
