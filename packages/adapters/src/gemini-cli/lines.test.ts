import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { readTranscript } from '../cli/fixtures.ts'
import { readLine } from './lines.ts'

const transcript = readFileSync(new URL('./__fixtures__/0.61.0.jsonl', import.meta.url))

test('a whole run is read', () => {
  const { events, unknown, collector } = readTranscript(transcript, readLine)
  expect(unknown).toEqual([])
  expect(events).toEqual([
    { type: 'log', stream: 'stdout', text: 'Running.' },
    { type: 'log', stream: 'stdout', text: '\n' },
    {
      type: 'tool_call',
      name: 'run_shell_command',
      input: { command: 'echo hi', description: 'say hi' },
      output: 'hi',
      isError: false,
      durationMs: 0,
    },
    { type: 'log', stream: 'stdout', text: 'All done.' },
    {
      type: 'usage',
      usage: { provider: 'google', model: 'gemini-2.5-pro', inputTokens: 200, outputTokens: 24, cachedInputTokens: 20 },
    },
    { type: 'log', stream: 'stdout', text: '\n' },
  ])
  expect(collector.sessionId).toBe('784d3319-7651-4b92-83da-36d4fc60d439')
  expect(collector.resultText).toBe('All done.')
})

test('a run that ended in an error is a failure and still charged', () => {
  const stats = { input_tokens: 7, output_tokens: 1, cached: 0 }
  const facts = readLine({ type: 'result', status: 'error', error: { type: 'ApiError', message: 'busy' }, stats })
  expect(facts).toMatchObject([
    { type: 'usage', usage: { inputTokens: 7 } },
    { type: 'failure', class: 'unknown', message: 'busy' },
  ])
})

test('errors on the way are shown and decide nothing', () => {
  expect(readLine({ type: 'error', severity: 'warning', message: 'loop detected' })).toEqual([{ type: 'notice', text: 'loop detected' }])
})

test('a line that nobody knows is left to the log', () => {
  expect(readLine({ type: 'brand_new' })).toBeNull()
})
