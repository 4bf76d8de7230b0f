import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { readTranscript } from '../cli/fixtures.ts'
import { readLine } from './lines.ts'

const transcript = readFileSync(new URL('./__fixtures__/0.169.0.jsonl', import.meta.url))
const read = (line: object) => readLine({ ...line }, {})

test('a whole run is read', () => {
  const { events, unknown, collector } = readTranscript(transcript, (line) => readLine(line, { model: 'gpt-5' }))
  expect(unknown).toEqual([])
  expect(events).toEqual([
    {
      type: 'log',
      stream: 'system',
      text: 'Model metadata for `gpt-5` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.\n',
    },
    { type: 'tool_call', name: 'command', input: `/bin/bash -lc 'echo hi'`, output: 'hi\n', isError: false, durationMs: 0 },
    { type: 'log', stream: 'stdout', text: 'All done.\n' },
    {
      type: 'usage',
      usage: { provider: 'openai', model: 'gpt-5', inputTokens: 200, outputTokens: 30, cachedInputTokens: 40, cumulative: true },
    },
  ])
  expect(collector.sessionId).toBe('01a1fbc8-1de2-7f60-9570-59eb313563ff')
  expect(collector.resultText).toBe('All done.')
})

test('errors while it tries again are shown and decide nothing; the end of the turn does', () => {
  expect(read({ type: 'error', message: 'Reconnecting... 3/5' })).toEqual([{ type: 'notice', text: 'Reconnecting... 3/5' }])
  expect(read({ type: 'turn.failed', error: { message: 'no access' } })).toEqual([
    { type: 'failure', class: 'unknown', message: 'no access' },
  ])
})

test('tools of each kind are told, also those that were not told to begin', () => {
  const calls = [
    { id: '1', type: 'command_execution', command: 'false', aggregated_output: '', exit_code: 1, status: 'failed' },
    { id: '2', type: 'file_change', changes: [{ path: 'a', kind: 'add' }], status: 'completed' },
    { id: '3', type: 'mcp_tool_call', server: 's', tool: 't', arguments: { a: 1 }, result: { ok: true }, status: 'completed' },
    { id: '4', type: 'web_search', query: 'weather' },
  ]
  const lines = calls.map((item) => `${JSON.stringify({ type: 'item.completed', item })}\n`).join('')
  const { events } = readTranscript(Buffer.from(lines), (line) => readLine(line, {}))
  expect(events).toMatchObject([
    { name: 'command', input: 'false', isError: true },
    { name: 'file_change', input: [{ path: 'a', kind: 'add' }], isError: false },
    { name: 's.t', input: { a: 1 }, output: { ok: true }, isError: false },
    { name: 'web_search', input: 'weather', isError: false },
  ])
})

test('a line or an item that nobody knows is left to the log', () => {
  expect(read({ type: 'brand.new' })).toBeNull()
  expect(read({ type: 'item.completed', item: { id: '1', type: 'brand_new' } })).toBeNull()
})
