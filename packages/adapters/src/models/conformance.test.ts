import { fakeAnthropic, fakeGemini, fakeOpenAi, type FakeAnswers, type FakeModel, type FakeModelOptions } from '@engine/testing'
import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import type { AgentAdapter, JsonObject } from '@engine/core/plugin'

import { anthropicAdapter } from '../anthropic/index.ts'
import { geminiAdapter } from '../gemini/index.ts'
import { openAiAdapter } from '../openai/index.ts'

const key = 'canary-key-4711'
const usage = { inputTokens: 1_200, outputTokens: 80, cachedInputTokens: 1_000 }
const floodPieces = 200_000

interface Wire {
  readonly name: string
  create(): AgentAdapter
  open(options: FakeModelOptions): Promise<FakeModel>
  readonly config: JsonObject
}

const wires: readonly Wire[] = [
  { name: 'anthropic', create: anthropicAdapter, open: fakeAnthropic, config: {} },
  { name: 'openai, responses', create: openAiAdapter, open: fakeOpenAi, config: { api: 'responses' } },
  { name: 'openai, chat', create: openAiAdapter, open: fakeOpenAi, config: { api: 'chat' } },
  { name: 'gemini', create: geminiAdapter, open: fakeGemini, config: {} },
]

/** The same where the host says which servers there may be: their answers come another way. */
const allowed = { allow: ['127.0.0.1'] }
const guarded: readonly Wire[] = [
  { name: 'anthropic, of an allowed server', create: () => anthropicAdapter(allowed), open: fakeAnthropic, config: {} },
  { name: 'openai, of an allowed server', create: () => openAiAdapter(allowed), open: fakeOpenAi, config: { api: 'chat' } },
  { name: 'gemini, of an allowed server', create: () => geminiAdapter(allowed), open: fakeGemini, config: {} },
]

for (const { name, create, open, config } of [...wires, ...guarded]) {
  const scene = async (answers: FakeAnswers, keys: readonly string[] = [key]): Promise<Scene> => {
    const fake = await open({ answers, keys, models: ['a-model'] })
    return {
      config: { ...config, model: 'a-model', apiKey: key, baseUrl: fake.baseUrl },
      usage,
      begun: () => fake.calls.length,
      leftovers: () => (fake.openRequests === 0 ? [] : [`${fake.openRequests} requests`]),
      dispose: () => fake.close(),
    }
  }
  testAgentAdapter({
    name,
    create,
    leastConfig: { model: 'a-model' },
    secrets: [key],
    scenes: {
      works: () => scene(({ text }) => ({ text: 'At it.\n', toolCalls: [{ name: 'submit_for_review', input: submission(text) }], usage })),
      fails: () => scene({ text: 'never' }, ['another key']),
      hangs: () => scene({ text: ['It\n', 'goes\n', 'on\n'], delivery: { hangAfter: 4 } }),
      babbles: () => scene({ raw: 'event: message_start\ndata: {"type": "message_sta\n\n' }),
      misconfigured: () => ({ config: { ...config, model: 'a-model', apiKey: key, baseUrl: 'http://127.0.0.1:1' } }),
      async floods() {
        let written = 0
        const pieces = function* () {
          for (written = 0; written < floodPieces; written += 1) yield 'Words and.'
        }
        return { ...(await scene({ text: pieces() })), written: () => written, total: floodPieces }
      },
    },
  })
}

/** About the task that stands in the prompt. */
function submission(request: string): JsonObject {
  const title = /title of the task\\">\\n(.+?)\\n/.exec(request)?.[1] ?? 'no title'
  return { title, content: `All of it: ${title}.` }
}
