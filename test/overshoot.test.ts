import { readFileSync, writeFileSync } from 'node:fs'

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

import { endLeftovers, runAdapter } from '../packages/adapters/src/program/fixtures.ts'
import { bundledBook } from '../packages/core/src/prices/bundled.ts'
import { costOf, upperBoundOf } from '../packages/core/src/prices/cost.ts'
import { cappedProgram } from './support/capped-program.ts'
import { capMicros, costOfUsages, figures, measured, spenders, tellers, usedMicros } from './support/overshoot.ts'

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

test('all adapters that there are say how far they may pass a limit', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../packages/adapters/package.json', import.meta.url), 'utf8')) as { exports: object }
  const others = ['./package.json', './workspace']
  const exported = Object.keys(exports).filter((name) => !others.includes(name))
  expect(adapters.map(({ type }) => `./${type.replaceAll('_', '-')}`).toSorted()).toEqual(exported.toSorted())
  for (const { type, overshoot } of adapters) expect([type, overshoot]).toEqual([type, expect.stringMatching(/\w+.*\.$/)])
})

afterAll(() => {
  const stated = adapters.map(({ type, metering, overshoot }) => ({ type, metering, overshoot }))
  const path = process.env['ENGINE_OVERSHOOT_FILE']
  if (path !== undefined) writeFileSync(path, JSON.stringify({ stated, figures }, null, 2))
})

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

describe.each(spenders)('$type, a program that tells its usage as it goes', ({ create, open }) => {
  test.each([false, true])('is stopped at the line; when it does not listen (%s), within its grace', async (isDeaf) => {
    const spender = await open({ isDeaf })
    onTestFinished(() => {
      endLeftovers()
      spender.close()
    })
    const adapter = create()
    const stopping = new AbortController()
    let spent = 0
    await runAdapter(adapter, spender.config, {
      signal: stopping.signal,
      onEvent: (event) => {
        if (event.type !== 'usage') return
        const { costMicros = 0, cumulative = false } = event.usage
        spent = cumulative ? costMicros : spent + costMicros
        if (spent >= capMicros) stopping.abort('budget')
      },
    })
    const what = `spends $0.01 each 100 ms against a cap of $0.05, ${isDeaf ? spender.deafness : 'and ends when it is told to'}`
    const { overMicros, billedMicros } = measured({
      adapter: adapter.type,
      what,
      heldMicros: capMicros,
      billedMicros: spender.spentMicros(),
    })
    expect(billedMicros).toBeGreaterThanOrEqual(capMicros)
    expect(spender.living()).toEqual([])
    // Far from the $1 that it would have spent; how far, a busy machine decides too.
    expect(overMicros).toBeLessThan(500_000)
  })
})

describe.each(tellers)('$type, which tells its usage at the end or never', ({ create, open, tells }) => {
  test('uses what it uses, and what it tells of that is counted', async () => {
    const { config, close } = await open()
    onTestFinished(() => {
      endLeftovers()
      close()
    })
    const adapter = create()
    const { events, outcome } = await runAdapter(adapter, config)
    expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(done|needs_review)$/) })
    const counted = costOfUsages(events)
    expect(counted).toBe(tells ? usedMicros : 0)
    const what = `uses $0.20 against a cap of $0.05, and ${tells ? 'tells so at its end' : 'never tells'}`
    expect(measured({ adapter: adapter.type, what, heldMicros: capMicros, billedMicros: usedMicros }).overMicros).toBe(
      usedMicros - capMicros,
    )
  })
})

test('a program with a cap of its own ends by itself within one call of the model', async () => {
  const { config, close, callMicros } = cappedProgram()
  onTestFinished(() => {
    endLeftovers()
    close()
  })
  const { events } = await runAdapter(claudeCodeAdapter({ programs: 'any' }), config, { cap: { costMicros: capMicros } })
  const billedMicros = costOfUsages(events)
  const what = 'uses $0.02 each call and looks at the cap of $0.05 that it was given after each'
  const { overMicros } = measured({ adapter: 'claude-code', what, heldMicros: capMicros, billedMicros })
  expect(billedMicros).toBe(60_000)
  expect(overMicros).toBeLessThanOrEqual(callMicros)
})

test('a person uses nothing', async () => {
  const { outcome, events } = await runAdapter(personAdapter(), {})
  expect(outcome.kind).toBe('waiting')
  expect(measured({ adapter: 'person', what: 'is asked', heldMicros: 0, billedMicros: costOfUsages(events) }).overMicros).toBe(0)
})

test('each adapter is measured', () => {
  expect([...new Set(figures.map(({ adapter }) => adapter))].toSorted()).toEqual(adapters.map(({ type }) => type).toSorted())
})
