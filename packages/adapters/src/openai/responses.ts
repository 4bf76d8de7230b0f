import type OpenAI from 'openai'

import {
  AnswerText,
  BrokenAnswer,
  parseToolInput,
  type Answer,
  type CallOptions,
  type Conversation,
  type ConversationStart,
  type Said,
  type StopReason,
} from '../models/conversation.ts'

type Item = OpenAI.Responses.ResponseInputItem
type Output = OpenAI.Responses.ResponseOutputItem

export interface ResponsesSettings {
  readonly model: string
  readonly reasoningEffort: 'minimal' | 'low' | 'medium' | 'high' | undefined
}

/** Thrown when the provider ended an answer with an error, which it names. */
export class ResponseFailed extends Error {
  readonly code: string

  constructor({ code, message }: { code: string; message: string }) {
    super(message)
    this.code = code
  }
}

/** A talk by Responses. Nothing of it is kept by the provider: it is sent whole with each call. */
export function openResponses(
  client: OpenAI,
  { model, reasoningEffort }: ResponsesSettings,
  { system, tools }: ConversationStart,
): Conversation {
  const input: Item[] = []
  const fixed = {
    model,
    instructions: system,
    stream: true as const,
    store: false,
    // Models that do not reason refuse to be asked for it.
    ...(reasoningEffort && { reasoning: { effort: reasoningEffort }, include: ['reasoning.encrypted_content' as const] }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema: parameters }) => ({
        type: 'function' as const,
        name,
        description,
        parameters,
        strict: false,
      })),
    }),
  }
  return {
    async call(said, options) {
      input.push(...itemsOf(said))
      const request = { ...fixed, input, max_output_tokens: options.maxOutputTokens }
      await options.onRequest(request)
      const reader = new ResponseReader(options)
      for await (const event of await client.responses.create(request, { signal: options.signal })) await reader.take(event)
      // The SDK ends an aborted stream as if it were whole.
      options.signal.throwIfAborted()
      const { answer, items } = reader.finish()
      input.push(...items)
      return answer
    },
  }
}

function itemsOf(said: Said): Item[] {
  if (said.type === 'text') return [{ role: 'user', content: said.text }]
  // This protocol has no field that says that a tool failed.
  return said.results.map(({ id, isError, text }) => ({
    type: 'function_call_output',
    call_id: id,
    output: isError ? `Error: ${text}` : text,
  }))
}

class ResponseReader {
  readonly #options: CallOptions
  readonly #text: AnswerText
  readonly #output: Output[] = []
  #stop: StopReason | null = null
  #isRefused = false

  constructor(options: CallOptions) {
    this.#options = options
    this.#text = new AnswerText(options)
  }

  async take(event: OpenAI.Responses.ResponseStreamEvent): Promise<void> {
    switch (event.type) {
      case 'response.output_text.delta':
        this.#text.add(event.delta)
        return this.#options.onText(event.delta)
      case 'response.function_call_arguments.delta':
        return this.#text.count(event.delta)
      case 'response.refusal.delta':
      case 'response.refusal.done':
        this.#isRefused = true
        return
      case 'response.output_item.done':
        this.#output.push(event.item)
        return
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return this.#end(event.response)
    }
  }

  finish(): { readonly answer: Answer; readonly items: Item[] } {
    if (this.#stop === null) throw new BrokenAnswer('The stream ended in the middle of it.')
    const stop = this.#isRefused ? 'refused' : this.#stop
    const calls = stop === 'ended' ? this.#output.filter((item) => item.type === 'function_call') : []
    const toolCalls = calls.map(({ call_id: id, name, arguments: json }) => ({ id, name, input: parseToolInput(json) }))
    const items = this.#output.flatMap((item) => toInput(item, stop))
    return { answer: { text: this.#text.whole, toolCalls, stop }, items }
  }

  #end({ status, usage, error, incomplete_details: incomplete }: OpenAI.Responses.Response): void {
    if (usage) {
      const cachedInputTokens = usage.input_tokens_details?.cached_tokens ?? 0
      const written = usage.input_tokens_details?.cache_write_tokens ?? 0
      const kept = written > 0 && { cacheWriteTokens: written }
      this.#options.onTokens({ inputTokens: usage.input_tokens, outputTokens: usage.output_tokens, cachedInputTokens, ...kept })
    }
    if (status === 'completed') this.#stop = 'ended'
    else if (incomplete?.reason === 'max_output_tokens') this.#stop = 'length'
    else if (incomplete?.reason === 'content_filter') this.#stop = 'refused'
    else if (error) throw new ResponseFailed(error)
    else throw new BrokenAnswer(`It ended as ${status}, and nothing says why.`)
  }
}

/** An answer as the model is reminded of it: without ids, since nothing was kept under them. */
function toInput(item: Output, stop: StopReason): Item[] {
  if (item.type === 'message') {
    const text = item.content.map((part) => (part.type === 'output_text' ? part.text : '')).join('')
    return text === '' ? [] : [{ role: 'assistant', content: text }]
  }
  if (item.type === 'function_call' && stop === 'ended') {
    const { call_id, name, arguments: json } = item
    return [{ type: 'function_call', call_id, name, arguments: JSON.stringify(parseToolInput(json) ?? {}) }]
  }
  // A thought that came whole is sent back with what followed from it, and never alone.
  const isWholeThought = item.type === 'reasoning' && stop === 'ended' && typeof item.encrypted_content === 'string'
  return isWholeThought ? [item] : []
}
