import type { JsonObject, JsonValue } from '@engine/core/plugin'
import { z } from 'zod'

import {
  AnswerText,
  BrokenAnswer,
  type Answer,
  type CallOptions,
  type Conversation,
  type ConversationStart,
  type Said,
  type StopReason,
  type ToolCall,
} from '../models/conversation.ts'
import { failureOf, type GeminiClient } from './client.ts'
import type { GeminiConfig } from './config.ts'

/** Kept as it came: what a model thought is in fields of it that it wants back. */
const Part = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  functionCall: z.looseObject({ id: z.string().optional(), name: z.string(), args: z.json().optional() }).optional(),
})
type Part = z.infer<typeof Part>

const count = z.number().int().min(0).default(0)

const Chunk = z.looseObject({
  candidates: z
    .array(
      z.looseObject({
        content: z.looseObject({ parts: z.array(Part).default([]) }).optional(),
        finishReason: z.string().optional(),
      }),
    )
    .default([]),
  promptFeedback: z.looseObject({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z
    .looseObject({
      promptTokenCount: count,
      toolUsePromptTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
      cachedContentTokenCount: count,
    })
    .optional(),
})

interface Content {
  readonly role: 'user' | 'model'
  readonly parts: readonly object[]
}

const stops: Readonly<Record<string, StopReason>> = {
  STOP: 'ended',
  MAX_TOKENS: 'length',
  SAFETY: 'refused',
  RECITATION: 'refused',
  BLOCKLIST: 'refused',
  PROHIBITED_CONTENT: 'refused',
  SPII: 'refused',
}

/** A talk by `streamGenerateContent`, which is sent whole with each call. */
export function openConversation(
  client: GeminiClient,
  { thinkingLevel }: Pick<GeminiConfig, 'thinkingLevel'>,
  { system, tools }: ConversationStart,
): Conversation {
  const contents: Content[] = []
  const names = new Map<string, CalledTool>()
  const fixed = {
    systemInstruction: { parts: [{ text: system }] },
    ...(tools.length > 0 && {
      tools: [
        {
          functionDeclarations: tools.map(({ name, description, inputSchema }) => ({
            name,
            description,
            parametersJsonSchema: inputSchema,
          })),
        },
      ],
    }),
  }
  return {
    async call(said, options) {
      contents.push({ role: 'user', parts: partsOf(said, names) })
      const { maxOutputTokens, signal } = options
      const generationConfig = { maxOutputTokens, ...(thinkingLevel && { thinkingConfig: { thinkingLevel } }) }
      const request = { ...fixed, contents, generationConfig }
      await options.onRequest(request)
      const reader = new AnswerReader(options, names)
      for await (const event of client.stream(request, signal)) await reader.take(event)
      signal.throwIfAborted()
      const { answer, parts } = reader.finish()
      if (parts.length > 0) contents.push({ role: 'model', parts })
      return answer
    },
  }
}

/** Some models give their calls no ids; one is needed here to tell results apart, and is not sent back then. */
interface CalledTool {
  readonly name: string
  readonly ownId: string | undefined
}

function partsOf(said: Said, names: ReadonlyMap<string, CalledTool>): object[] {
  if (said.type === 'text') return [{ text: said.text }]
  return said.results.map(({ id, isError, text }) => {
    const called = names.get(id)
    const response = isError ? { error: text } : { output: text }
    return { functionResponse: { ...(called?.ownId !== undefined && { id: called.ownId }), name: called?.name ?? id, response } }
  })
}

class AnswerReader {
  readonly #options: CallOptions
  readonly #names: Map<string, CalledTool>
  readonly #text: AnswerText
  readonly #parts: Part[] = []
  readonly #calls: ToolCall[] = []
  #finish: string | null = null
  #isBlocked = false

  constructor(options: CallOptions, names: Map<string, CalledTool>) {
    this.#options = options
    this.#text = new AnswerText(options)
    this.#names = names
  }

  async take(event: string): Promise<void> {
    const failure = failureOf(event)
    if (failure) throw failure
    const parsed = Chunk.safeParse(JSON.parse(event))
    if (!parsed.success) throw new BrokenAnswer('An event of it is not what this protocol has.')
    const { candidates, promptFeedback, usageMetadata: used } = parsed.data
    if (used)
      this.#options.onTokens({
        inputTokens: used.promptTokenCount + used.toolUsePromptTokenCount,
        outputTokens: used.candidatesTokenCount + used.thoughtsTokenCount,
        cachedInputTokens: used.cachedContentTokenCount,
      })
    if (promptFeedback?.blockReason !== undefined) this.#isBlocked = true
    const [candidate] = candidates
    this.#finish = candidate?.finishReason ?? this.#finish
    for (const part of candidate?.content?.parts ?? []) await this.#takePart(part)
  }

  finish(): { answer: Answer; parts: readonly Part[] } {
    if (this.#isBlocked) return { answer: { text: '', toolCalls: [], stop: 'refused' }, parts: [] }
    if (this.#finish === null) throw new BrokenAnswer('The stream ended in the middle of it.')
    const stop = stops[this.#finish]
    if (stop === undefined) throw new BrokenAnswer(`It stopped for a reason that is not known: ${this.#finish}.`)
    const hasEnded = stop === 'ended'
    // A call that was cut off is answered by nobody.
    const parts = hasEnded ? this.#parts : this.#parts.filter(({ functionCall }) => !functionCall)
    return { answer: { text: this.#text.whole, toolCalls: hasEnded ? this.#calls : [], stop }, parts }
  }

  async #takePart(part: Part): Promise<void> {
    const { text = '', thought = false, functionCall } = part
    this.#keep(part)
    if (functionCall) {
      const { id: ownId, name, args } = functionCall
      const id = ownId ?? `call_${this.#names.size}`
      this.#names.set(id, { name, ownId })
      this.#calls.push({ id, name, input: args === undefined ? {} : toObject(args) })
    }
    if (text === '' || thought) return
    this.#text.add(text)
    await this.#options.onText(text)
  }

  /** Pieces of one text are one part. */
  #keep(part: Part): void {
    const last = this.#parts.at(-1)
    this.#text.count(part.functionCall || part.thought ? JSON.stringify(part) : '')
    if (last && isPlainText(last) && isPlainText(part)) this.#parts[this.#parts.length - 1] = { text: `${last.text}${part.text}` }
    else if (part.text !== '' || Object.keys(part).length > 1) this.#parts.push(part)
  }
}

function isPlainText(part: Part): boolean {
  return typeof part.text === 'string' && Object.keys(part).length === 1
}

function toObject(value: JsonValue): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
}
