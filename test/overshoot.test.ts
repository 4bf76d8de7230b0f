import { writeFileSync } from 'node:fs'

import { a2aAdapter } from '@engine/adapters/a2a'
import { acpAdapter } from '@engine/adapters/acp'
import { anthropicAdapter } from '@engine/adapters/anthropic'
import { claudeCodeAdapter } from '@engine/adapters/claude-code'
import { codexAdapter } from '@engine/adapters/codex'
import { cursorAdapter } from '@engine/adapters/cursor'
import { geminiAdapter } from '@engine/adapters/gemini'
import { geminiCliAdapter } from '@engine/adapters/gemini-cli'
import { httpAdapter } from '@engine/adapters/http'
import { openAiAdapter } from '@engine/adapters/openai'
import { openClawAdapter } from '@engine/adapters/openclaw'
import { opencodeAdapter } from '@engine/adapters/opencode'
import { personAdapter } from '@engine/adapters/person'
import { piAdapter } from '@engine/adapters/pi'
import { processAdapter } from '@engine/adapters/process'
import type { AgentAdapter } from '@engine/core'
import {
  fakeAnthropic,
  fakeGemini,
  fakeOpenAi,
  recordingMeter,
  type FakeModel,
  type FakeModelOptions,
  type FakeReply,
} from '@engine/testing'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'

import { fakeCli, jsonLines } from '../packages/adapters/src/cli/fixtures.ts'
import { endLeftovers, runAdapter } from '../packages/adapters/src/program/fixtures.ts'
import { bundledBook } from '../packages/core/src/prices/bundled.ts'
import { costOf, upperBoundOf } from '../packages/core/src/prices/cost.ts'

interface Figure {
  readonly adapter: string
  readonly what: string
  readonly heldMicros: number
  readonly billedMicros: number
  readonly overMicros: number
}

const adapters: readonly AgentAdapter[] = [
  anthropicAdapter(),
  openAiAdapter(),
  geminiAdapter(),
  claudeCodeAdapter(),
  codexAdapter(),
  geminiCliAdapter(),
  opencodeAdapter(),
  cursorAdapter(),
  piAdapter(),
  acpAdapter({ programs: 'any' }),
  processAdapter({ programs: 'any' }),
  httpAdapter(),
  a2aAdapter(),
  openClawAdapter(),
  personAdapter(),
]

const figures: Figure[] = []
afterAll(() => {
  const stated = adapters.map(({ type, metering, overshoot }) => ({ type, metering, overshoot }))
  const path = process.env['ENGINE_OVERSHOOT_FILE']
  if (path !== undefined) writeFileSync(path, JSON.stringify({ stated, figures }, null, 2))
})

function measured(figure: Omit<Figure, 'overMicros'>): Figure {
  const known = { ...figure, overMicros: Math.max(0, figure.billedMicros - figure.heldMicros) }
  figures.push(known)
  return known
}

interface Wire {
  readonly provider: string
  readonly model: string
  create(): AgentAdapter
  open(options: FakeModelOptions): Promise<FakeModel>
}

const wires: readonly Wire[] = [
  { provider: 'anthropic', model: 'claude-sonnet-5', create: anthropicAdapter, open: fakeAnthropic },
  { provider: 'openai', model: 'gpt-5.4', create: openAiAdapter, open: fakeOpenAi },
  { provider: 'google', model: 'gemini-2.5-pro', create: geminiAdapter, open: fakeGemini },
]

describe.each(wires)('a provider that is called as $provider', ({ provider, model, create, open }) => {
  const known = bundledBook.find({ provider, model, at: new Date('2026-11-20T00:00:00Z') })
  const price = known ?? expect.unreachable('the price of the model is known')
  const maxOutputTokens = 1_000

  /** One call, whose answer may look at what was held for it. */
  async function play(reply: (bound: number) => FakeReply, config: object = {}) {
    let bound = 0
    const meter = recordingMeter(async (call) => void (bound = call.inputTokens))
    const fake = await open({ answers: () => reply(bound) })
    onTestFinished(() => fake.close())
    await runAdapter(create(), { model, apiKey: 'k', baseUrl: fake.baseUrl, maxOutputTokens, ...config }, { meter })
    const [hold] = meter.holds
    const ending = hold?.endings[0]
    if (!hold || ending?.type !== 'settled') return expect.unreachable('one call is held for and settled')
    return { held: upperBoundOf(price, hold.call), settled: costOf(price, ending.usage) }
  }

  test.each([
    { input: 1, output: 1, what: 'bills all that was asked for' },
    { input: 0.25, output: 0.5, what: 'bills what such a call uses' },
  ])('and $what bills no more than was held', async ({ input, output, what }) => {
    const usage = (bound: number) => ({ inputTokens: Math.floor(bound * input), outputTokens: maxOutputTokens * output })
    const { held, settled } = await play((bound) => ({ text: 'Done.', usage: usage(bound) }))
    expect(measured({ adapter: create().type, what, heldMicros: held, billedMicros: settled }).overMicros).toBe(0)
  })

  test('and bills more than was asked for is over by just that', async () => {
    const usage = (bound: number) => ({ inputTokens: bound + 10_000, outputTokens: maxOutputTokens + 500 })
    let billed = 0
    const { held, settled } = await play((bound) => {
      billed = costOf(price, usage(bound))
      return { text: 'Done.', usage: usage(bound) }
    })
    expect(settled).toBe(billed)
    const what = 'bills 10000 input and 500 output tokens more than was asked for'
    const { overMicros } = measured({ adapter: create().type, what, heldMicros: held, billedMicros: settled })
    expect(overMicros).toBeGreaterThan(0)
    const most = { inputTokens: 10_000, outputTokens: 500 }
    expect(overMicros).toBeLessThanOrEqual(costOf(price, most))
  })

  test('and is cut is settled at no less than it bills for what it sent', async () => {
    const usage = { inputTokens: 500, outputTokens: 60 }
    const text = Array.from({ length: 60 }, () => 'word ')
    const { settled } = await play(() => ({ text, usage, delivery: { endAfter: 62 } }))
    const what = 'is cut after 60 tokens, against what is settled'
    expect(measured({ adapter: create().type, what, heldMicros: settled, billedMicros: costOf(price, usage) }).overMicros).toBe(0)
  })

  test('and is cut is over by what its model thought without saying so', async () => {
    const usage = { inputTokens: 500, outputTokens: 900 }
    const { settled, held } = await play(() => ({ text: ['One.'], usage, delivery: { endAfter: 3 } }))
    const what = 'is cut after 900 tokens of thought that it did not send, against what is settled'
    const { billedMicros } = measured({ adapter: create().type, what, heldMicros: settled, billedMicros: costOf(price, usage) })
    expect(billedMicros).toBeLessThanOrEqual(held)
  })
})

const stepMicros = 10_000
const capMicros = 50_000
const usageOfPi = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, cost: { total: 0.01 } }
const programs = [
  {
    create: () => piAdapter({ programs: 'any' }),
    config: {},
    line: { type: 'message_end', message: { role: 'assistant', content: [], stopReason: 'toolUse', usage: usageOfPi } },
  },
  {
    create: () => opencodeAdapter({ programs: 'any' }),
    config: { model: 'anthropic/m' },
    line: {
      type: 'step_finish',
      sessionID: 'ses_1',
      part: { reason: 'tool-calls', tokens: { input: 1, output: 1, reasoning: 0, cache: { read: 0, write: 0 } }, cost: 0.01 },
    },
  },
]

describe.each(programs)('a program that tells its usage as it goes', ({ create, config, line }) => {
  test.each([false, true])('is stopped at the line; when it does not listen (%s), within its grace', async (isDeaf) => {
    const adapter: AgentAdapter = create()
    const steps = Array.from({ length: 100 }, () => [{ out: jsonLines(line) }, { waitMs: 100 }]).flat()
    const cli = fakeCli([[...(isDeaf ? [{ ignoreTerm: true } as const] : []), ...steps]])
    onTestFinished(() => {
      endLeftovers()
      cli.remove()
    })
    const stopping = new AbortController()
    let spent = 0
    await runAdapter(
      adapter,
      { command: cli.command, cwd: cli.folder, graceSec: 1, ...config },
      {
        signal: stopping.signal,
        onEvent: (event) => {
          if (event.type === 'usage') spent += event.usage.costMicros ?? 0
          if (spent >= capMicros) stopping.abort('budget')
        },
      },
    )
    const what = `spends $0.01 each 100 ms against a cap of $0.05, ${isDeaf ? 'and ignores the request to end, with a grace of 1 s' : 'and ends when it is told to'}`
    const { overMicros } = measured({ adapter: adapter.type, what, heldMicros: capMicros, billedMicros: cli.written() * stepMicros })
    expect(cli.processes()).toEqual([])
    // Far from the $1 that it would have spent; how far, a busy machine decides too.
    expect(overMicros).toBeLessThan(500_000)
  })
})
