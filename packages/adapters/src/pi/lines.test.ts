import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { readTranscript } from '../cli/fixtures.ts'
import { readLine } from './lines.ts'

const transcript = readFileSync(new URL('./__fixtures__/0.73.1.jsonl', import.meta.url))

test('a whole run is read, with the cost of each call and nothing twice', () => {
  const { events, unknown, collector } = readTranscript(transcript, readLine)
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
    { type: 'usage', usage },
    { type: 'log', stream: 'stdout', text: 'Running.\n' },
    {
      type: 'tool_call',
      name: 'bash',
      input: { command: 'echo hi', description: 'say hi' },
      output: { content: [{ type: 'text', text: 'hi\n' }] },
      isError: false,
      durationMs: 0,
    },
    { type: 'usage', usage },
    { type: 'log', stream: 'stdout', text: 'All done.\n' },
  ])
  expect(collector.sessionId).toBe('01a1fbcb-a165-72e8-bf52-ce6d915b153c')
  expect(collector.resultText).toBe('All done.')
})

const message = (fields: object) => ({ type: 'message_end', message: { role: 'assistant', content: [], ...fields } })

test('a call that failed is a failure until a later one works', () => {
  const failed = readLine(message({ stopReason: 'error', errorMessage: 'overloaded' }))
  expect(failed).toEqual([{ type: 'failure', class: 'unknown', message: 'overloaded' }])
  expect(readLine(message({ stopReason: 'length' }))).toMatchObject([{ class: 'bad_request' }])
  expect(readLine(message({ stopReason: 'stop' }))).toEqual([{ type: 'result' }])
  expect(readLine(message({ stopReason: 'toolUse' }))).toEqual([])
})

test('what people say is not what the agent says', () => {
  expect(readLine({ type: 'message_end', message: { role: 'user', content: [{ type: 'text', text: 'say hi' }] } })).toEqual([])
})

test('a line that nobody knows is left to the log', () => {
  expect(readLine({ type: 'brand_new' })).toBeNull()
})
