import { expect, test } from 'vitest'

import { Collector } from './collector.ts'
import type { Fact } from './facts.ts'

function collect(...facts: Fact[]) {
  const clock = { now: 0 }
  const collector = new Collector(() => (clock.now += 10))
  return { collector, events: facts.flatMap((fact) => collector.take(fact)) }
}

test('pieces of one text are one line of the log, and one result', () => {
  const { collector, events } = collect(
    { type: 'text', text: 'All ', continues: true },
    { type: 'text', text: 'done.', continues: true },
    { type: 'result' },
  )
  expect(events.map((event) => (event.type === 'log' ? event.text : event.type)).join('')).toBe('All done.\n')
  expect(collector.resultText).toBe('All done.')
})

test('what is said before a tool or another step is not the result', () => {
  expect(
    collect(
      { type: 'text', text: 'Let me look', continues: true },
      { type: 'tool_started', id: '1', name: 'read' },
      { type: 'tool_ended', id: '1', isError: false },
      { type: 'text', text: 'Hm', continues: true },
      { type: 'step' },
      { type: 'text', text: 'Found it', continues: true },
    ).collector.resultText,
  ).toBe('Found it')
})

test('a tool call is told when it ends, with what it was given and how long it took', () => {
  const { events } = collect(
    { type: 'tool_started', id: '1', name: 'read', input: { path: 'a' } },
    { type: 'tool_started', id: '1', name: 'read', input: { path: 'a' } },
    { type: 'tool_ended', id: '1', output: 'text', isError: true },
  )
  expect(events).toEqual([{ type: 'tool_call', name: 'read', input: { path: 'a' }, output: 'text', isError: true, durationMs: 10 }])
})

test('a tool that never ended is told at the end', () => {
  const { collector } = collect({ type: 'tool_started', id: '1', name: 'read' })
  expect(collector.end()).toEqual([{ type: 'tool_call', name: 'read' }])
})

test('what a tool gave is cut when it is long', () => {
  const big = 'x'.repeat(100_000)
  const { events } = collect(
    { type: 'tool_ended', id: 'a', output: big, isError: false },
    { type: 'tool_ended', id: 'b', output: [big], isError: false },
  )
  for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(25_000)
})

test('the last of result and failure stands, and an unknown failure does not hide a known one', () => {
  const known: Fact = { type: 'failure', class: 'auth', message: 'no key' }
  const unknown: Fact = { type: 'failure', class: 'unknown', message: 'failed' }
  expect(collect(known, unknown).collector.ending).toEqual(known)
  expect(collect(unknown, known).collector.ending).toEqual(known)
  expect(collect(known, { type: 'result' }).collector.ending).toEqual({ type: 'result' })
  expect(collect({ type: 'result' }, unknown).collector.ending).toEqual(unknown)
})

test('usage without totals counts once a call, and not at all when totals came', () => {
  const first: Fact = { type: 'provisional_usage', call: 'm1', usage: { inputTokens: 5 } }
  const again: Fact = { type: 'provisional_usage', call: 'm1', usage: { inputTokens: 6 } }
  const second: Fact = { type: 'provisional_usage', call: 'm2', usage: { inputTokens: 1 } }
  const usage = (inputTokens: number) => ({ type: 'usage', usage: { inputTokens } })
  expect(collect(first, again, second).collector.end()).toEqual([usage(6), usage(1)])
  expect(collect(first, { type: 'totals', totals: {} }).collector.end()).toEqual([])
})
