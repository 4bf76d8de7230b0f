import type Anthropic from '@anthropic-ai/sdk'

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
  type ToolCall,
} from '../models/conversation.ts'

type Block = Anthropic.TextBlockParam | Anthropic.ThinkingBlockParam | Anthropic.RedactedThinkingBlockParam | Anthropic.ToolUseBlockParam

const stops: Readonly<Record<string, StopReason>> = {
  end_turn: 'ended',
  stop_sequence: 'ended',
  tool_use: 'ended',
  max_tokens: 'length',
  model_context_window_exceeded: 'context_full',
  refusal: 'refused',
}

/** A talk by the Messages API, which is sent whole with each call. */
export function openConversation(client: Anthropic, model: string, { system, tools }: ConversationStart): Conversation {
  const messages: Anthropic.MessageParam[] = []
  const fixed = {
    model,
    system,
    stream: true as const,
    // What stays the same from call to call is paid in full once.
    cache_control: { type: 'ephemeral' as const },
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: objectSchema(inputSchema) })),
    }),
  }
  return {
    async call(said, options) {
      messages.push(messageOf(said))
      const request = { ...fixed, messages, max_tokens: options.maxOutputTokens }
      await options.onRequest(request)
      const reader = new MessageReader(options)
      for await (const event of await client.messages.create(request, { signal: options.signal })) await reader.take(event)
      // The SDK ends an aborted stream as if it were whole.
      options.signal.throwIfAborted()
      const { answer, content } = reader.finish()
      if (content.length > 0) messages.push({ role: 'assistant', content })
      return answer
    },
  }
}

function objectSchema(schema: ConversationStart['tools'][number]['inputSchema']): Anthropic.Tool.InputSchema {
  return { ...schema, type: 'object' }
}

function messageOf(said: Said): Anthropic.MessageParam {
  if (said.type === 'text') return { role: 'user', content: said.text }
  const content = said.results.map(({ id, isError, text }) => ({
    type: 'tool_result' as const,
    tool_use_id: id,
    content: text,
    ...(isError && { is_error: true }),
  }))
  return { role: 'user', content }
}

/** Puts an answer together from the events of its stream. */
class MessageReader {
  readonly #options: CallOptions
  readonly #blocks: { readonly block: Block; json: string }[] = []
  readonly #text: AnswerText
  #input = 0
  #cached = 0
  #written = 0
  #output = 0
  #stop: string | null = null
  #isWhole = false

  constructor(options: CallOptions) {
    this.#options = options
    this.#text = new AnswerText(options)
  }

  async take(event: Anthropic.RawMessageStreamEvent): Promise<void> {
    switch (event.type) {
      case 'message_start':
        return this.#count(event.message.usage)
      case 'content_block_start':
        return this.#begin(event)
      case 'content_block_delta':
        return this.#continue(event)
      case 'message_delta':
        this.#stop = event.delta.stop_reason
        return this.#count(event.usage)
      case 'message_stop':
        this.#isWhole = true
    }
  }

  finish(): { readonly answer: Answer; readonly content: Block[] } {
    if (!this.#isWhole) throw new BrokenAnswer('The stream ended in the middle of it.')
    const stop = stops[this.#stop ?? '']
    if (stop === undefined) throw new BrokenAnswer(`It stopped for a reason that is not known: ${this.#stop}.`)
    const read = this.#blocks.map(({ block, json }) => (block.type === 'tool_use' ? { block, input: parseToolInput(json) } : { block }))
    const toolCalls = stop === 'ended' ? read.flatMap(toToolCall) : []
    const content = read
      .map(({ block, input }) => (block.type === 'tool_use' ? { ...block, input: input ?? {} } : block))
      // An empty text may not be sent.
      .filter((block) => block.type !== 'text' || block.text.trim() !== '')
    // A call that was cut off will have no result, and a thought is nothing without what follows from it.
    return { answer: { text: this.#text.whole, toolCalls, stop }, content: stop === 'length' ? content.filter(isText) : content }
  }

  #begin({ index, content_block: block }: Anthropic.RawContentBlockStartEvent): void {
    if (block.type === 'text') this.#blocks[index] = { block: { type: 'text', text: '' }, json: '' }
    else if (block.type === 'tool_use')
      this.#blocks[index] = { block: { type: 'tool_use', id: block.id, name: block.name, input: {} }, json: '' }
    else if (block.type === 'thinking') this.#blocks[index] = { block: { type: 'thinking', thinking: '', signature: '' }, json: '' }
    else if (block.type === 'redacted_thinking') this.#blocks[index] = { block: { type: 'redacted_thinking', data: block.data }, json: '' }
    else throw new BrokenAnswer(`It holds a ${block.type} that nobody asked for.`)
  }

  async #continue({ index, delta }: Anthropic.RawContentBlockDeltaEvent): Promise<void> {
    const held = this.#blocks[index]
    if (!held) throw new BrokenAnswer('A piece came before the beginning of its block.')
    if (delta.type === 'text_delta' && held.block.type === 'text') {
      held.block.text += delta.text
      this.#text.add(delta.text)
      await this.#options.onText(delta.text)
    } else if (delta.type === 'input_json_delta') {
      this.#text.count(delta.partial_json)
      held.json += delta.partial_json
    } else if (delta.type === 'thinking_delta' && held.block.type === 'thinking') {
      this.#text.count(delta.thinking)
      held.block.thinking += delta.thinking
    } else if (delta.type === 'signature_delta' && held.block.type === 'thinking') held.block.signature = delta.signature
  }

  /** Each count is the total of the call; one that is left out stays as it was. */
  #count(usage: Anthropic.Usage | Anthropic.MessageDeltaUsage): void {
    const { input_tokens: plain, cache_creation_input_tokens: written, cache_read_input_tokens: read } = usage
    if (typeof plain === 'number') {
      this.#cached = read ?? this.#cached
      this.#written = written ?? this.#written
      this.#input = plain + this.#written + this.#cached
    }
    this.#output = usage.output_tokens ?? this.#output
    const kept = this.#written > 0 && { cacheWriteTokens: this.#written }
    this.#options.onTokens({ inputTokens: this.#input, cachedInputTokens: this.#cached, ...kept, outputTokens: this.#output })
  }
}

function isText(block: Block): boolean {
  return block.type === 'text'
}

function toToolCall({ block, input = null }: { block: Block; input?: ToolCall['input'] }): ToolCall[] {
  return block.type === 'tool_use' ? [{ id: block.id, name: block.name, input }] : []
}
