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

type Message = OpenAI.Chat.ChatCompletionMessageParam
type Chunk = OpenAI.Chat.ChatCompletionChunk

export interface ChatSettings {
  readonly model: string
  readonly reasoningEffort: 'minimal' | 'low' | 'medium' | 'high' | undefined
  /** OpenAI itself knows the newer name of the limit only, other servers mostly the older one. */
  readonly limitName: 'max_completion_tokens' | 'max_tokens'
}

const stops: Readonly<Record<string, StopReason>> = {
  stop: 'ended',
  tool_calls: 'ended',
  function_call: 'ended',
  length: 'length',
  content_filter: 'refused',
}

/** A talk by Chat Completions, which is sent whole with each call. */
export function openChat(
  client: OpenAI,
  { model, reasoningEffort, limitName }: ChatSettings,
  { system, tools }: ConversationStart,
): Conversation {
  const messages: Message[] = [{ role: 'system', content: system }]
  const fixed = {
    model,
    stream: true as const,
    stream_options: { include_usage: true },
    ...(reasoningEffort && { reasoning_effort: reasoningEffort }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema: parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
    }),
  }
  return {
    async call(said, options) {
      messages.push(...messagesOf(said))
      const request = { ...fixed, messages, [limitName]: options.maxOutputTokens }
      await options.onRequest(request)
      const reader = new ChatReader(options)
      for await (const chunk of await client.chat.completions.create(request, { signal: options.signal })) await reader.take(chunk)
      // The SDK ends an aborted stream as if it were whole.
      options.signal.throwIfAborted()
      const answer = reader.finish()
      if (answer.text !== '' || answer.toolCalls.length > 0) messages.push(toMessage(answer))
      return answer
    },
  }
}

function messagesOf(said: Said): Message[] {
  if (said.type === 'text') return [{ role: 'user', content: said.text }]
  // This protocol has no field that says that a tool failed.
  return said.results.map(({ id, isError, text }) => ({ role: 'tool', tool_call_id: id, content: isError ? `Error: ${text}` : text }))
}

function toMessage({ text, toolCalls }: Answer): Message {
  const calls = toolCalls.map(({ id, name, input }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: JSON.stringify(input ?? {}) },
  }))
  return { role: 'assistant', content: text === '' ? null : text, ...(calls.length > 0 && { tool_calls: calls }) }
}

class ChatReader {
  readonly #options: CallOptions
  readonly #text: AnswerText
  readonly #calls: { id: string; name: string; json: string }[] = []
  #finish: string | null = null
  #isRefused = false

  constructor(options: CallOptions) {
    this.#options = options
    this.#text = new AnswerText(options)
  }

  async take({ choices, usage }: Chunk): Promise<void> {
    if (usage) {
      const cachedInputTokens = usage.prompt_tokens_details?.cached_tokens ?? 0
      this.#options.onTokens({ inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens, cachedInputTokens })
    }
    const choice = choices[0]
    if (!choice) return
    this.#finish = choice.finish_reason ?? this.#finish
    const { content, refusal, tool_calls: calls } = choice.delta
    if (refusal) this.#isRefused = true
    for (const call of calls ?? []) this.#collect(call)
    if (!content) return
    this.#text.add(content)
    await this.#options.onText(content)
  }

  finish(): Answer {
    if (this.#finish === null) throw new BrokenAnswer('The stream ended in the middle of it.')
    const stop = this.#isRefused ? 'refused' : stops[this.#finish]
    if (stop === undefined) throw new BrokenAnswer(`It stopped for a reason that is not known: ${this.#finish}.`)
    const toolCalls = this.#calls.map(({ id, name, json }) => ({ id, name, input: parseToolInput(json) }))
    return { text: this.#text.whole, toolCalls: stop === 'ended' ? toolCalls : [], stop }
  }

  #collect({ index, id, function: called }: OpenAI.Chat.ChatCompletionChunk.Choice.Delta.ToolCall): void {
    // Some servers give no id; one is needed to tell results apart.
    const held = (this.#calls[index] ??= { id: id ?? `call_${index}`, name: '', json: '' })
    held.name += called?.name ?? ''
    const json = called?.arguments ?? ''
    this.#text.count(json)
    held.json += json
  }
}
