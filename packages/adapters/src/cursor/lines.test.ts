import { expect, test } from 'vitest'

import { jsonLines, readTranscript } from '../cli/fixtures.ts'
import { readLine } from './lines.ts'

// As the documentation of the program shows it: there is no free way to record a real run.
const transcript = jsonLines(
  {
    type: 'system',
    subtype: 'init',
    apiKeySource: 'env',
    cwd: '/workspace',
    session_id: 'chat-1',
    model: 'gpt-5',
    permissionMode: 'default',
  },
  { type: 'user', message: { role: 'user', content: [{ type: 'text', text: 'say hi' }] }, session_id: 'chat-1' },
  { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'Running.' }] }, session_id: 'chat-1' },
  { type: 'tool_call', subtype: 'started', call_id: 'c1', tool_call: { readToolCall: { args: { path: 'a' } } }, session_id: 'chat-1' },
  {
    type: 'tool_call',
    subtype: 'completed',
    call_id: 'c1',
    tool_call: { readToolCall: { args: { path: 'a' }, result: { success: { content: 'hi' } } } },
    session_id: 'chat-1',
  },
  { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'All done.' }] }, session_id: 'chat-1' },
  { type: 'result', subtype: 'success', is_error: false, duration_ms: 5, result: 'All done.', session_id: 'chat-1', request_id: 'r1' },
)

test('a whole run is read', () => {
  const { events, unknown, collector } = readTranscript(Buffer.from(transcript), readLine)
  expect(unknown).toEqual([])
  expect(events).toEqual([
    { type: 'log', stream: 'stdout', text: 'Running.\n' },
    { type: 'tool_call', name: 'read', input: { path: 'a' }, output: { success: { content: 'hi' } }, isError: false, durationMs: 0 },
    { type: 'log', stream: 'stdout', text: 'All done.\n' },
  ])
  expect(collector.sessionId).toBe('chat-1')
  expect(collector.resultText).toBe('All done.')
})

test('a tool without a success has failed', () => {
  const call = { type: 'tool_call', subtype: 'completed', call_id: 'c', tool_call: { shellToolCall: { result: { rejected: {} } } } }
  expect(readLine(call)).toMatchObject([{ type: 'tool_ended', isError: true }])
})

test('a result that is an error is a failure', () => {
  expect(readLine({ type: 'result', subtype: 'success', is_error: true, result: 'no' })).toMatchObject([
    { type: 'failure', class: 'unknown', message: 'no' },
  ])
})

test('a line that nobody knows is left to the log', () => {
  expect(readLine({ type: 'brand_new' })).toBeNull()
})
