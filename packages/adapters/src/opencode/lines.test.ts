import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { readTranscript } from '../cli/fixtures.ts'
import { readLine } from './lines.ts'

const transcript = readFileSync(new URL('./__fixtures__/1.18.33.jsonl', import.meta.url))
const config = { model: 'anthropic/claude-sonnet-4-5' }
const sessionID = 'ses_1'

test('a whole run is read, with the cost of each step', () => {
  const { events, unknown, collector } = readTranscript(transcript, (line) => readLine(line, config))
  const usage = {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    inputTokens: 160,
    outputTokens: 20,
    cachedInputTokens: 30,
    costMicros: 707,
  }
  expect(unknown).toEqual([])
  expect(events).toEqual([
    { type: 'log', stream: 'stdout', text: 'Running.\n' },
    {
      type: 'tool_call',
      name: 'bash',
      input: { command: 'echo hi', description: 'say hi' },
      output: 'hi\n',
      isError: false,
      durationMs: 56,
    },
    { type: 'usage', usage },
    { type: 'log', stream: 'stdout', text: 'All done.\n' },
    { type: 'usage', usage },
  ])
  expect(collector.sessionId).toBe('ses_e0434e774ffeWHpX5gwPJkQFbT')
  expect(collector.resultText).toBe('All done.')
  expect(collector.ending).toEqual({ type: 'result' })
})

test('a run that stops in the middle has no result', () => {
  const lines = transcript.toString('utf8').split('\n').slice(0, 4).join('\n')
  expect(readTranscript(Buffer.from(lines), (line) => readLine(line, config)).collector.ending).toBeNull()
})

test.each([
  [{ name: 'APIError', data: { message: 'slow down', statusCode: 429 } }, 'rate_limited', 'slow down'],
  [{ name: 'ProviderAuthError', data: { message: 'no key' } }, 'auth', 'no key'],
  [{ name: 'UnknownError', data: { message: 'odd' } }, 'unknown', 'odd'],
  [{ name: 'UnknownError' }, 'unknown', 'UnknownError'],
  [{}, 'unknown', 'The program told an error without a name.'],
])('an error is a failure by its facts: %j', (error, failureClass, message) => {
  expect(readLine({ type: 'error', sessionID, error }, config)).toEqual([{ type: 'failure', class: failureClass, message }])
})

test.each([
  ['length', 'bad_request'],
  ['content-filter', 'refused'],
  ['error', 'unknown'],
])('a step that ended by %s is a failure', (reason, failureClass) => {
  const part = { reason, cost: 0, tokens: { input: 1, output: 1, reasoning: 2, cache: { read: 0, write: 0 } } }
  expect(readLine({ type: 'step_finish', sessionID, part }, config)).toMatchObject([
    { type: 'usage', usage: { outputTokens: 3 } },
    { type: 'failure', class: failureClass },
  ])
})

test('a line that nobody knows is left to the log', () => {
  expect(readLine({ type: 'brand_new', sessionID }, config)).toBeNull()
})
