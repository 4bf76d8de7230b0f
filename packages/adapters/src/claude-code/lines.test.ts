import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { readTranscript } from '../cli/fixtures.ts'
import { readLine } from './lines.ts'

const transcript = readFileSync(new URL('./__fixtures__/2.1.329.jsonl', import.meta.url))
const result = { type: 'result', subtype: 'success', is_error: false, result: 'Fine.', modelUsage: {} }
const endingOf = (line: object) => readLine({ ...result, ...line })?.at(-1)

test('a whole run is read', () => {
  const { events, unknown, collector } = readTranscript(transcript, readLine)
  expect(unknown).toEqual([])
  expect(events).toEqual([
    { type: 'log', stream: 'stdout', text: 'Running.\n' },
    {
      type: 'tool_call',
      name: 'Bash',
      input: { command: 'echo hi', description: 'say hi' },
      output: 'hi',
      isError: false,
      durationMs: 0,
    },
    { type: 'log', stream: 'stdout', text: 'All done.\n' },
    {
      type: 'usage',
      usage: {
        provider: 'anthropic',
        model: 'claude-sonnet-4-5',
        inputTokens: 320,
        outputTokens: 40,
        cachedInputTokens: 60,
        costMicros: 1_413,
        cumulative: true,
        billingType: 'metered',
      },
    },
  ])
  expect(collector.sessionId).toBe('8e49a78c-f589-492f-8280-bc65b6d0c08d')
  expect(collector.resultText).toBe('All done.')
})

test('a run that was cut before its result still tells what its calls used', () => {
  const cut = transcript.subarray(0, transcript.lastIndexOf('\n', transcript.length - 2) + 1)
  const { collector, events } = readTranscript(cut, readLine)
  const call = { provider: 'anthropic', model: 'claude-sonnet-4-5', inputTokens: 160, outputTokens: 1, cachedInputTokens: 30 }
  expect(collector.ending).toBeNull()
  expect(events.flatMap((event) => (event.type === 'usage' ? [event.usage] : []))).toEqual([
    { ...call, billingType: 'metered' },
    { ...call, billingType: 'metered' },
  ])
})

test('a program that is logged in without a key is paid by a subscription', () => {
  const init = { type: 'system', subtype: 'init', session_id: 's' }
  expect(readLine({ ...init, apiKeySource: 'none' })).toContainEqual({ type: 'billing', billingType: 'subscription' })
  expect(readLine({ ...init, apiKeySource: 'ANTHROPIC_API_KEY' })).toContainEqual({ type: 'billing', billingType: 'metered' })
  expect(readLine(init)).toEqual([{ type: 'session', id: 's' }])
})

describe('how a run ended', () => {
  test('a success that is an error is a failure, by the status of the provider', () => {
    expect(endingOf({ is_error: true, api_error_status: 529, result: 'API Error' })).toMatchObject({
      class: 'overloaded',
      message: 'API Error',
    })
    expect(endingOf({ is_error: true, api_error_status: 401 })).toMatchObject({ class: 'auth' })
    expect(endingOf({ is_error: true, api_error_status: 400 })).toMatchObject({ class: 'bad_request' })
    expect(endingOf({ is_error: true, api_error_status: 500 })).toMatchObject({ class: 'transient', isProviderFault: true })
    expect(endingOf({ is_error: true })).toMatchObject({ type: 'failure', class: 'unknown', message: 'Fine.' })
  })

  test('caps of turns and money are told with what would help', () => {
    expect(endingOf({ subtype: 'error_max_turns', is_error: true })).toMatchObject({
      class: 'config',
      message: expect.stringContaining('maxTurns'),
    })
    expect(endingOf({ subtype: 'error_max_budget_usd', is_error: true })).toMatchObject({
      class: 'quota',
      message: expect.stringContaining('maxBudgetUsd'),
    })
  })

  test('a refusal is one', () => {
    expect(endingOf({ stop_reason: 'refusal' })).toMatchObject({ class: 'refused' })
  })

  test('the error of a call gives the class that its result does not', () => {
    const call = {
      type: 'assistant',
      error: 'rate_limit',
      message: { id: 'm', content: [{ type: 'text', text: 'Too many requests' }] },
    }
    const limit = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_800_000_000 } }
    const lines = [call, limit, { ...result, is_error: true }].map((line) => `${JSON.stringify(line)}\n`).join('')
    const { collector } = readTranscript(Buffer.from(lines), readLine)
    expect(collector.ending).toMatchObject({ type: 'failure', class: 'rate_limited', message: 'Too many requests' })
    expect(collector.waitUntilMs).toBe(1_800_000_000_000)
  })

  test('refused tools are shown and do not fail a run', () => {
    const facts = readLine({ ...result, permission_denials: [{ tool_name: 'Bash' }, { tool_name: 'Bash' }] })
    expect(facts?.[0]).toEqual({ type: 'notice', text: 'refused by its permissions: Bash' })
    expect(facts?.at(-1)).toMatchObject({ type: 'result' })
  })
})

test('what a helper of the agent says is not its result', () => {
  const line = { type: 'assistant', parent_tool_use_id: 't1', message: { id: 'm', content: [{ type: 'text', text: 'inner' }] } }
  expect(readLine(line)).toEqual([{ type: 'notice', text: 'inner' }])
})

test.each([{ type: 'brand_new' }, { type: 'system', subtype: 'brand_new' }, { type: 'assistant' }, { type: 'result' }, {}])(
  'a line that nobody knows is left to the log: %j',
  (line) => {
    expect(readLine(line)).toBeNull()
  },
)
