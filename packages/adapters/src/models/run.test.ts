import {
  fakeAnthropic,
  fakeGemini,
  fakeOpenAi,
  recordingMeter,
  type FakeAnswers,
  type FakeModel,
  type FakeModelOptions,
  type RecordingMeter,
} from '@engine/testing'
import { afterEach, describe, expect, test } from 'vitest'

import type { AgentAdapter, AgentTool, JsonObject, JsonValue } from '@engine/core/plugin'

import { anthropicAdapter } from '../anthropic/index.ts'
import { geminiAdapter } from '../gemini/index.ts'
import { openAiAdapter } from '../openai/index.ts'
import { anyContext, runAdapter, type FinishedRun, type RunOptions } from '../program/fixtures.ts'

const wires: Readonly<Record<string, Wire>> = {
  anthropic: { create: anthropicAdapter, open: fakeAnthropic, config: {} },
  'openai, responses': { create: openAiAdapter, open: fakeOpenAi, config: { api: 'responses' } },
  'openai, chat': { create: openAiAdapter, open: fakeOpenAi, config: { api: 'chat' } },
  gemini: { create: geminiAdapter, open: fakeGemini, config: {} },
}

interface Wire {
  create(): AgentAdapter
  open(options: FakeModelOptions): Promise<FakeModel>
  readonly config: JsonObject
}

const opened: FakeModel[] = []
afterEach(async () => {
  for (const fake of opened.splice(0)) await fake.close()
})

interface Played extends FinishedRun {
  readonly fake: FakeModel
  readonly meter: RecordingMeter
  /** The bodies of the calls. */
  readonly asked: readonly JsonObject[]
}

async function play(wire: Wire, answers: FakeAnswers, options: RunOptions & { config?: JsonObject } = {}): Promise<Played> {
  const fake = await wire.open({ answers })
  opened.push(fake)
  const config = { ...wire.config, model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl, ...options.config }
  const meter = recordingMeter()
  const finished = await runAdapter(wire.create(), config, { ...options, meter })
  return { ...finished, fake, meter, asked: fake.calls.map(({ body }) => body) }
}

const submit = { name: 'submit_for_review', input: { title: 'Chairs', content: '# 12 chairs' } }
const finish = { name: 'finish', input: { summary: 'Counted.' } }

function countingTool(calls: JsonValue[], answer?: AgentTool['call']): AgentTool {
  return {
    name: 'tasks_get',
    description: 'Reads a task.',
    inputSchema: { type: 'object', properties: { taskId: { type: 'string' } }, required: [], additionalProperties: false },
    async call(input) {
      calls.push(input)
      return answer ? answer(input) : { isError: false, output: { title: 'Größe 🪑' } }
    },
  }
}

describe.each(Object.entries(wires))('a model of %s', (_name, wire) => {
  test('uses the tools of Engine, reads what they answer, and hands in its result', async () => {
    const given: JsonValue[] = []
    const answers = [
      {
        text: 'Let me see.\n',
        toolCalls: [
          { name: 'tasks_get', input: { taskId: 'ENG-1' } },
          { name: 'tasks_get', input: {} },
        ],
      },
      { text: 'Now I know.\n', toolCalls: [submit], usage: { inputTokens: 30, outputTokens: 9, cachedInputTokens: 20 } },
    ]
    const { outcome, events, asked, log, meter } = await play(wire, answers, { tools: [countingTool(given)] })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(given).toEqual([{ taskId: 'ENG-1' }, {}])
    expect(asked).toHaveLength(2)
    expect(JSON.stringify(asked[1])).toContain('Größe 🪑')
    expect(JSON.stringify(asked[0])).not.toContain('Größe')
    for (const name of ['tasks_get', 'submit_for_review']) expect(JSON.stringify(asked[0]?.['tools'])).toContain(`"${name}"`)
    expect(log('stdout')).toBe('Let me see.\nNow I know.\n')
    expect(events.filter(({ type }) => type !== 'log')).toEqual([
      { type: 'tool_call', name: 'tasks_get', input: { taskId: 'ENG-1' }, isError: false, durationMs: expect.any(Number) },
      { type: 'tool_call', name: 'tasks_get', input: {}, isError: false, durationMs: expect.any(Number) },
      { type: 'deliverable', title: 'Chairs', content: '# 12 chairs' },
    ])
    expect(meter.settled).toEqual([
      settled({ inputTokens: 12, outputTokens: 5, cachedInputTokens: 0 }),
      settled({ inputTokens: 30, outputTokens: 9, cachedInputTokens: 20 }),
    ])
  })

  test.each<[JsonObject, string, object]>([
    [{ summary: 'Counted.' }, 'finish', { kind: 'done', summary: 'Counted.' }],
    [{ reason: 'No key to the room.', owner: 'Bo' }, 'report_blocked', { kind: 'blocked', reason: 'No key to the room.', owner: 'Bo' }],
    [{ reason: 'No key.' }, 'report_blocked', { kind: 'blocked', reason: 'No key.' }],
    [
      { question: 'Which room?', choices: ['Hall', 'Attic'] },
      'ask_person',
      {
        kind: 'waiting',
        interaction: {
          ask: {
            kind: 'question',
            prompt: 'Which room?',
            choices: [
              { key: 'Hall', label: 'Hall' },
              { key: 'Attic', label: 'Attic' },
            ],
          },
        },
      },
    ],
    [
      { question: 'Which room?', choices: ['Hall', 'Hall'] },
      'ask_person',
      {
        kind: 'waiting',
        interaction: {
          ask: {
            kind: 'question',
            prompt: 'Which room?',
            choices: [
              { key: '1', label: 'Hall' },
              { key: '2', label: 'Hall' },
            ],
          },
        },
      },
    ],
    [
      { title: 'Chairs', summary: 'Short', content: 'a,b', contentType: 'text/csv' },
      'submit_for_review',
      { kind: 'needs_review', summary: 'Short' },
    ],
  ])('ends by %j of %s', async (input, name, expected) => {
    const { outcome, fake } = await play(wire, { toolCalls: [{ name, input }, finish] })
    expect(outcome).toEqual(expected)
    expect(fake.calls).toHaveLength(1)
  })

  test('hears what it called wrongly, and can do better', async () => {
    const answers = [
      {
        toolCalls: [
          { name: 'finish', input: {} },
          { name: 'report_blocked', input: { reason: 7 } },
          { name: 'no_such_tool', input: {} },
          { name: 'finish', input: '{"summary": "cut of' },
          { name: 'finish', input: '["a list"]' },
          { name: 'tasks_get', input: {} },
        ],
      },
      { toolCalls: [finish] },
    ]
    const refusing = countingTool([], async () => ({ isError: true, code: 'not_found', message: 'There is no such task.' }))
    const { outcome, asked, events } = await play(wire, answers, { tools: [refusing] })
    expect(outcome).toEqual({ kind: 'done', summary: 'Counted.' })
    const told = JSON.stringify(asked[1])
    for (const words of ['summary', 'reason', 'There is no tool no_such_tool', 'one JSON object', 'not_found: There is no such task.'])
      expect(told).toContain(words)
    expect(events).toContainEqual(expect.objectContaining({ type: 'tool_call', isError: true }))
  })

  test('is stopped when Engine lets it do nothing any more', async () => {
    const lost = countingTool([], () => Promise.reject(new Error('this run no longer owns its task')))
    const { outcome, fake } = await play(wire, { toolCalls: [{ name: 'tasks_get', input: {} }, finish] }, { tools: [lost] })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'transient', message: expect.stringContaining('no longer owns') })
    expect(fake.calls).toHaveLength(1)
  })

  test('hands in its last text when it just stops', async () => {
    const { outcome, events } = await play(wire, { text: ['# 12 ', 'chairs 🪑'] })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(events).toContainEqual({ type: 'deliverable', title: 'Try it', content: '# 12 chairs 🪑' })
  })

  test('is done with its last text when the configuration says so', async () => {
    const { outcome, events } = await play(wire, { text: 'All is counted.' }, { config: { onText: 'done' } })
    expect(outcome).toEqual({ kind: 'done', summary: 'All is counted.' })
    expect(events.filter(({ type }) => type === 'deliverable')).toEqual([])
  })

  test('is given no tools when the configuration says that it knows none', async () => {
    const { asked } = await play(wire, { text: 'Here.' }, { config: { tools: false }, tools: [countingTool([])] })
    expect(asked[0]).not.toHaveProperty('tools')
    expect(JSON.stringify(asked[0])).not.toContain('submit_for_review')
  })

  test('fails when it says nothing at all', async () => {
    expect((await play(wire, {})).outcome).toMatchObject({ kind: 'failed', class: 'unknown' })
  })

  test('goes on once when its answer was cut off', async () => {
    const { outcome, events, asked } = await play(wire, [{ text: 'The first half,', stop: 'length' }, { text: ' and the second.' }])
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(events).toContainEqual({ type: 'deliverable', title: 'Try it', content: 'The first half, and the second.' })
    expect(JSON.stringify(asked[1])).toContain('The first half,')
  })

  test('drops a call that was cut off', async () => {
    const cut = { toolCalls: [{ name: 'finish', input: '{"summary": "I cou' }], stop: 'length' as const }
    expect((await play(wire, [cut, { toolCalls: [finish] }])).outcome).toEqual({ kind: 'done', summary: 'Counted.' })
  })

  test('fails with advice when its answers are cut off twice', async () => {
    const { outcome, fake } = await play(wire, { text: 'On and on', stop: 'length' }, { config: { maxOutputTokens: 50 } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('maxOutputTokens') })
    expect(fake.calls).toHaveLength(2)
  })

  test('fails when it refuses', async () => {
    expect((await play(wire, { text: 'No.', stop: 'refused' })).outcome).toMatchObject({ kind: 'failed', class: 'refused' })
  })

  test('is called at most maxTurns times', async () => {
    const forever = { toolCalls: [{ name: 'tasks_get', input: {} }] }
    const { outcome, fake } = await play(wire, forever, { tools: [countingTool([])], config: { maxTurns: 3 } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('maxTurns') })
    expect(fake.calls).toHaveLength(3)
  })

  test('is not called any more when its tokens are used up, and may write no more than is left', async () => {
    const forever = { toolCalls: [{ name: 'tasks_get', input: {} }], usage: { inputTokens: 40, outputTokens: 10 } }
    const { outcome, asked } = await play(wire, forever, { tools: [countingTool([])], config: { maxTokens: 100, maxOutputTokens: 80 } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('maxTokens') })
    const limits = asked.map(
      (body) => Object(body['generationConfig'])['maxOutputTokens'] ?? body['max_tokens'] ?? body['max_output_tokens'],
    )
    expect(limits).toEqual([80, 50])
  })

  test('gets each piece of text in whole characters, however the bytes come', async () => {
    const text = 'Größe 🪑 – 椅子\nund 👩‍🚀.'
    const { log, events } = await play(wire, { text: Array.from(text), delivery: { bytesAtOnce: 1 } })
    expect(log('stdout')).toBe(text)
    expect(events).toContainEqual({ type: 'deliverable', title: 'Try it', content: text })
  })

  test('writes a log of lines, and of pieces that hold whole characters', async () => {
    const { events, log } = await play(wire, { text: ['a', 'b\n', 'c', '🪑'.repeat(40_000)] })
    const pieces = events.flatMap((event) => (event.type === 'log' ? [event.text] : []))
    expect(pieces[0]).toBe('ab\n')
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
    expect(log('stdout')).toBe(`ab\nc${'🪑'.repeat(40_000)}`)
  })

  test('works on when the host can not store its log', async () => {
    const refuseLogs: RunOptions = {
      emit: async ({ type }) => (type === 'log' ? Promise.reject(new Error('the disk is full')) : undefined),
    }
    expect((await play(wire, { text: 'Here.\n' }, refuseLogs)).outcome).toEqual({ kind: 'needs_review' })
  })

  test('is told the task, with its texts marked', async () => {
    const { asked } = await play(
      wire,
      { text: 'Here.' },
      { context: { ...anyContext, agent: { ...anyContext.agent, instructions: 'Be brief.' } } },
    )
    const request = JSON.stringify(asked[0])
    for (const words of ['Be brief.', 'Try it', 'Møbel & Söhne', 'origin=', 'submit_for_review']) expect(request).toContain(words)
  })
})

function settled(tokens: object): object {
  return { provider: expect.stringMatching(/^(anthropic|openai|google)$/), model: 'a-model', ...tokens }
}

test('a server that counts no tokens is charged the bound of its input and of what it wrote', async () => {
  const { meter, outcome } = await play(wires['openai, chat'] ?? expect.unreachable(), { text: 'Here.', usage: null })
  expect(outcome).toEqual({ kind: 'needs_review' })
  const inputTokens = meter.holds[0]?.call.inputTokens
  expect(meter.settled).toEqual([{ provider: 'openai', model: 'a-model', inputTokens, outputTokens: 5, cachedInputTokens: 0 }])
})

test('a model of Anthropic whose context is full fails with advice', async () => {
  const { outcome } = await play(wires['anthropic'] ?? expect.unreachable(), { text: 'So', stop: 'context_full' })
  expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('context') })
})

test('a model of OpenAI whose context is full fails with advice', async () => {
  const { outcome } = await play(wires['openai, responses'] ?? expect.unreachable(), { text: 'So', stop: 'context_full' })
  expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('context_length_exceeded') })
})

test('OpenAI is asked to keep nothing', async () => {
  const { asked } = await play(wires['openai, responses'] ?? expect.unreachable(), { text: 'Here.' })
  expect(asked[0]).toMatchObject({ store: false })
  expect(asked[0]).not.toHaveProperty('include')
})

test('a reasoning model of OpenAI is asked for its thoughts, encrypted, so that it can go on from them', async () => {
  const { asked } = await play(
    wires['openai, responses'] ?? expect.unreachable(),
    { text: 'Here.' },
    { config: { reasoningEffort: 'low' } },
  )
  expect(asked[0]).toMatchObject({ reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'] })
})
