import { createServer, type AddressInfo } from 'node:net'

import {
  fakeAnthropic,
  fakeGemini,
  fakeOpenAi,
  recordingMeter,
  until,
  type FakeAnswer,
  type FakeModel,
  type FakeModelOptions,
  type FakeReply,
  type RecordingMeter,
} from '@engine/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { EngineError, type AdapterTestReport, type AgentAdapter, type JsonObject } from '@engine/core/plugin'

import { anthropicFrom } from '../anthropic/adapter.ts'
import { anthropicAdapter } from '../anthropic/index.ts'
import { geminiAdapter } from '../gemini/index.ts'
import { openAiFrom } from '../openai/adapter.ts'
import { openAiAdapter } from '../openai/index.ts'
import { runAdapter, type FinishedRun, type RunOptions } from '../program/fixtures.ts'

interface Wire {
  create(): AgentAdapter
  open(options: FakeModelOptions): Promise<FakeModel>
  readonly config: JsonObject
  readonly variable: string
}

const anthropic: Wire = { create: anthropicAdapter, open: fakeAnthropic, config: {}, variable: 'ANTHROPIC_API_KEY' }
const responses: Wire = { create: openAiAdapter, open: fakeOpenAi, config: { api: 'responses' }, variable: 'OPENAI_API_KEY' }
const chat: Wire = { ...responses, config: { api: 'chat' } }
const gemini: Wire = { create: geminiAdapter, open: fakeGemini, config: {}, variable: 'GEMINI_API_KEY' }
const wires = { gemini, anthropic, 'openai, responses': responses, 'openai, chat': chat }

const opened: FakeModel[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const fake of opened.splice(0)) await fake.close()
})

async function serve(wire: Wire, options: FakeModelOptions): Promise<FakeModel> {
  const fake = await wire.open(options)
  opened.push(fake)
  return fake
}

interface Played extends FinishedRun {
  readonly meter: RecordingMeter
}

async function play(wire: Wire, answers: FakeAnswer, options: RunOptions & { config?: JsonObject } = {}): Promise<Played> {
  const fake = await serve(wire, { answers })
  const meter = recordingMeter()
  const config = { ...wire.config, model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl, ...options.config }
  return { ...(await runAdapter(wire.create(), config, { ...options, meter })), meter }
}

const broken: FakeReply = { text: ['One,', ' two'], usage: { inputTokens: 100, outputTokens: 3 } }

describe.each(Object.entries(wires))('a call of %s', (name, wire) => {
  test.each<[number, string, object]>([
    [400, 'bad_request', {}],
    [401, 'auth', {}],
    [402, 'quota', {}],
    [403, 'auth', {}],
    [404, 'config', {}],
    [408, 'timeout', {}],
    [413, 'bad_request', {}],
    [429, 'rate_limited', { retryAfterMs: 7_000 }],
    [500, 'transient', {}],
    [502, 'overloaded', {}],
    [503, 'overloaded', { retryAfterMs: 7_000 }],
    [504, 'timeout', {}],
    [521, 'overloaded', {}],
    [524, 'timeout', {}],
    [529, 'overloaded', { retryAfterMs: 7_000 }],
  ])('that is answered with %i fails as %s', async (status, failureClass, more) => {
    const headers: Record<string, string> = 'retryAfterMs' in more ? { 'retry-after': '7' } : {}
    const { outcome } = await play(wire, { status, message: 'It is so.', headers })
    const fault = status >= 500 ? { isProviderFault: true } : {}
    expect(outcome).toEqual({ kind: 'failed', class: failureClass, message: expect.stringContaining('It is so.'), ...more, ...fault })
  })

  test('is made once: Engine tries again by itself', async () => {
    const fake = await serve(wire, { answers: { status: 500 } })
    await runAdapter(wire.create(), { ...wire.config, model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl })
    expect(fake.calls).toHaveLength(1)
  })

  test('does not follow a redirect, which would carry the key away', async () => {
    const thief = await serve(wire, { answers: { text: 'Thanks.' } })
    const { outcome } = await play(wire, { status: 307, headers: { location: `${thief.baseUrl}/v1/messages` } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config' })
    expect(thief.calls).toEqual([])
  })

  test.each<[string, FakeAnswer]>([
    ['is cut in the middle', { ...broken, delivery: { cutAfter: 4 } }],
    ['ends too early', { ...broken, delivery: { endAfter: 3 } }],
    ['is cut before its first event', { ...broken, delivery: { cutAfter: 0 } }],
    ['is no JSON', { raw: 'event: message_start\ndata: {"type"\n\n' }],
    ['is empty', { raw: '' }],
    ['is a page', { raw: '<html><body>Please log in.</body></html>' }],
  ])('fails for now when its answer %s', async (_what, answer) => {
    expect((await play(wire, answer)).outcome).toMatchObject({ kind: 'failed', class: 'transient' })
  })

  test('keeps the text, and settles what was counted or the bound of what came, before it broke', async () => {
    const { log, meter } = await play(wire, { ...broken, delivery: { cutAfter: 4 } })
    expect(log('stdout')).toMatch(/^One,/)
    const [hold] = meter.holds
    expect(hold?.endings).toHaveLength(1)
    // OpenAI counts at the end only; the bytes of what was written, thoughts too, bound what nobody has counted yet.
    const inputTokens = name.startsWith('openai') ? hold?.call.inputTokens : 100
    expect(meter.settled).toMatchObject([{ inputTokens }])
    expect(meter.settled[0]?.outputTokens).toBeGreaterThanOrEqual(4)
    expect(meter.settled[0]?.outputTokens).toBeLessThanOrEqual(100)
  })

  test('settles the bound of its input when it was cut before the first word', async () => {
    const { meter } = await play(wire, { ...broken, delivery: { cutAfter: 0 } })
    const [hold] = meter.holds
    expect(hold?.endings).toMatchObject([{ type: 'settled', usage: { inputTokens: hold?.call.inputTokens, outputTokens: 0 } }])
  })

  test.each([400, 401, 429, 500, 529])('that is refused with %i is not paid for', async (status) => {
    const { meter } = await play(wire, { status })
    expect(meter.holds.map(({ endings }) => endings)).toEqual([[{ type: 'released' }]])
  })

  test('that nobody took is not paid for', async () => {
    const { meter } = await play(wire, {}, { config: { baseUrl: `http://127.0.0.1:${await freePort()}/v1` } })
    expect(meter.holds.map(({ endings }) => endings)).toEqual([[{ type: 'released' }]])
  })

  test('that was given up by what stands before the server is paid for, since the server may have worked', async () => {
    const { meter } = await play(wire, { status: 504 })
    expect(meter.holds[0]?.endings).toMatchObject([{ type: 'settled' }])
  })

  test('is not made when the budget does not allow it, and says why', async () => {
    const fake = await serve(wire, { answers: broken })
    const refusals = [
      [new EngineError({ code: 'budget_exceeded', kind: 'budget', help: '' }, 'The budget is used up.'), 'quota'],
      [new EngineError({ code: 'price_unknown', kind: 'budget', help: '' }, 'Nobody knows the price.'), 'config'],
      [new EngineError({ code: 'unavailable', kind: 'unavailable', help: '' }, 'The database is away.'), 'transient'],
    ] as const
    for (const [error, failureClass] of refusals) {
      const config = { ...wire.config, model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl }
      const { outcome } = await runAdapter(wire.create(), config, { meter: recordingMeter(() => Promise.reject(error)) })
      expect(outcome).toEqual({ kind: 'failed', class: failureClass, message: error.message })
    }
    expect(fake.calls).toEqual([])
  })

  test('fails for now when nobody listens', async () => {
    const options = { config: { baseUrl: `http://127.0.0.1:${await freePort()}/v1` } }
    expect((await play(wire, {}, options)).outcome).toMatchObject({ kind: 'failed', class: 'overloaded' })
  })

  test('is given up when the time of the run is over, before and after its first byte', async () => {
    const never = { ...broken, delivery: { waitFor: new Promise(() => undefined) } }
    const stuck = { ...broken, delivery: { hangAfter: 4 } }
    const outcomes = await Promise.all([never, stuck].map((answer) => play(wire, answer, { config: { timeoutSec: 1 } })))
    for (const { outcome } of outcomes) expect(outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
    await until(
      () => opened.map(({ openRequests }) => openRequests),
      (open) => open.every((count) => count === 0),
    )
  })

  test('is given up at once when the run is stopped before the first byte', async () => {
    const stopping = new AbortController()
    const fake = await serve(wire, { answers: { ...broken, delivery: { waitFor: new Promise(() => undefined) } } })
    const config = { ...wire.config, model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl }
    const run = runAdapter(wire.create(), config, { signal: stopping.signal })
    await until(
      () => fake.openRequests,
      (open) => open === 1,
    )
    stopping.abort('cancelled')
    expect((await run).outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: cancelled' })
    await until(
      () => fake.openRequests,
      (open) => open === 0,
    )
  })

  test('never tells its key, though the server repeats it', async () => {
    const fake = await serve(wire, { keys: ['the right one'] })
    const config = { ...wire.config, model: 'a-model', apiKey: 'sk-wrong-4711', baseUrl: fake.baseUrl }
    const { outcome } = await runAdapter(wire.create(), config)
    expect(outcome).toMatchObject({ kind: 'failed', class: 'auth', message: expect.stringContaining('Incorrect API key provided: [key].') })
  })

  test('takes its key from the environment of the agent, and nothing from that of the host', async () => {
    vi.stubEnv(wire.variable, 'key-of-the-host')
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:1')
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1')
    vi.stubEnv('OPENAI_ORG_ID', 'organization-of-the-host')
    for (const variable of ['ANTHROPIC_CUSTOM_HEADERS', 'OPENAI_CUSTOM_HEADERS'])
      vi.stubEnv(variable, 'X-Secret: secret-of-the-host\nAuthorization: Bearer key-of-the-host')
    const fake = await serve(wire, { answers: { text: 'Here.' }, keys: ['key of the agent'] })
    const config = { ...wire.config, model: 'a-model', baseUrl: fake.baseUrl }
    const { outcome } = await runAdapter(wire.create(), config, { env: { [wire.variable]: 'key of the agent' } })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(JSON.stringify(fake.calls)).not.toContain('of-the-host')
    const own = await serve(wire, { answers: { text: 'Here.' }, keys: ['its own'] })
    const itsOwn = { ...config, apiKey: 'its own', baseUrl: own.baseUrl }
    expect((await runAdapter(wire.create(), itsOwn, { env: { [wire.variable]: 'another' } })).outcome).toEqual({ kind: 'needs_review' })
  })

  test('is not made without a key', async () => {
    const { outcome } = await runAdapter(wire.create(), { ...wire.config, model: 'a-model' })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining(wire.variable) })
  })

  test('is tested without a word to the model', async () => {
    const fake = await serve(wire, { keys: ['a-key'], models: ['a-model', 'another'] })
    const statuses = async (config: JsonObject) => {
      const adapter = wire.create()
      const parsed = adapter.configSchema.parse({ ...wire.config, baseUrl: fake.baseUrl, apiKey: 'a-key', model: 'a-model', ...config })
      const report = await adapter.test?.({ config: parsed, env: {}, signal: new AbortController().signal })
      return (report as AdapterTestReport).checks.map(({ status }) => status)
    }
    expect(await statuses({})).toEqual(['passed', 'passed'])
    expect(await statuses({ model: 'a-dream' })).toEqual(['passed', 'failed'])
    expect(await statuses({ apiKey: 'wrong' })).toEqual(['passed', 'failed'])
    expect(fake.calls).toEqual([])
  })
})

test.each([
  [anthropic, { code: 'overloaded_error' }, 'overloaded'],
  [anthropic, { code: 'invalid_request_error' }, 'bad_request'],
  [anthropic, { code: 'never_heard_of' }, 'unknown'],
  [responses, { code: 'rate_limit_exceeded' }, 'rate_limited'],
  [responses, { code: 'server_error' }, 'transient'],
  [responses, { code: 'bio_policy' }, 'refused'],
  [chat, { code: 'context_length_exceeded' }, 'bad_request'],
  [gemini, { code: 'UNAVAILABLE' }, 'overloaded'],
  [gemini, { code: 'INTERNAL' }, 'transient'],
] as const)('an error in the middle of an answer counts by its name: %#', async (wire, streamError, failureClass) => {
  const { outcome, log } = await play(wire, { text: 'So far', streamError })
  expect(outcome).toMatchObject({ kind: 'failed', class: failureClass })
  expect(log('stdout')).toBe('So far')
})

test('an account of OpenAI without money is no rate limit', async () => {
  const { outcome } = await play(responses, { status: 429, code: 'insufficient_quota' })
  expect(outcome).toMatchObject({ kind: 'failed', class: 'quota' })
})

test('a limit of Google says how long to wait, beside its status', async () => {
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId: 'GenerateRequestsPerMinute' }] },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.074824224s' },
  ]
  const { outcome } = await play(gemini, { status: 429, message: 'Slower.', details })
  expect(outcome).toMatchObject({ kind: 'failed', class: 'rate_limited', retryAfterMs: 34_075 })
})

test('what a model of Google thinks is sent back to it and told to nobody', async () => {
  const finish = { name: 'finish', input: { summary: 'Counted.' } }
  const fake = await serve(gemini, { answers: [{ text: 'So.', toolCalls: [{ name: 'no_such', input: {} }] }, { toolCalls: [finish] }] })
  const config = { model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl, thinkingLevel: 'low' }
  const { outcome, log } = await runAdapter(geminiAdapter(), config)
  expect(outcome).toEqual({ kind: 'done', summary: 'Counted.' })
  expect(log('stdout')).toBe('So.')
  expect(fake.calls[0]).toMatchObject({
    path: '/v1beta/models/a-model:streamGenerateContent',
    headers: { 'x-goog-api-key': 'a-key' },
    body: { generationConfig: { thinkingConfig: { thinkingLevel: 'low' } } },
  })
  expect(JSON.stringify(fake.calls[1]?.body['contents'])).toMatch(/A thought that nobody is told.*thoughtSignature/)
})

test('a question that Google does not let through is refused', async () => {
  const raw = `data: ${JSON.stringify({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } })}\n\n`
  expect((await play(gemini, { raw })).outcome).toMatchObject({ kind: 'failed', class: 'refused' })
})

test('a server of one’s own needs no key', async () => {
  const fake = await serve(chat, { answers: { text: 'Here.' } })
  const { outcome } = await runAdapter(openAiAdapter(), { model: 'a-model', baseUrl: fake.baseUrl })
  expect(outcome).toEqual({ kind: 'needs_review' })
  expect(fake.calls[0]).toMatchObject({
    path: '/v1/chat/completions',
    headers: expect.not.objectContaining({ authorization: expect.anything() }),
  })
})

describe('a host without the SDK is told to install it', () => {
  const load = () => Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }))
  const config = { model: 'a-model', apiKey: 'a-key' }
  const advice = (name: string) => ({ kind: 'failed', class: 'config', message: expect.stringContaining(`npm install ${name}`) })

  test('of Anthropic', async () => {
    expect((await runAdapter(anthropicFrom(load), config)).outcome).toMatchObject(advice('@anthropic-ai/sdk'))
  })

  test('of OpenAI', async () => {
    expect((await runAdapter(openAiFrom(load), config)).outcome).toMatchObject(advice('openai'))
  })
})

test.each<[string, JsonObject]>([
  ['no model', {}],
  ['a URL that is none', { model: 'm', baseUrl: 'localhost' }],
  ['another protocol', { model: 'm', baseUrl: 'ftp://127.0.0.1' }],
  ['a password in a URL', { model: 'm', baseUrl: 'http://me:secret@127.0.0.1' }],
  ['a key that can not be sent', { model: 'm', apiKey: 'a\nb' }],
  ['no call at all', { model: 'm', maxTurns: 0 }],
  ['an unknown end', { model: 'm', onText: 'parse it' }],
])('a configuration is refused: %s', (_what, config) => {
  for (const { configSchema } of [anthropicAdapter(), geminiAdapter(), openAiAdapter()])
    expect(configSchema.safeParse(config).success).toBe(false)
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address, and it is no path.
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
