import { describe, expect, it } from 'vitest'

import { toolCalls, waterfall } from './calls.ts'

const at = (ms: number) => new Date(ms).toISOString()
const chunk = (sequence: number, text: string, stream: 'system' | 'stdout' = 'system') => ({ sequence, stream, text, at: at(1_000) })

describe('the tools in a log', () => {
  it('are found by name, with how long they took and whether they failed', () => {
    const chunks = [chunk(1, 'read_file {"path":"a → b"} → done (120 ms)\n'), chunk(2, 'shell → failed (5 ms) {"code":1}\nother → done\n')]
    expect(toolCalls(chunks).map(({ name, durationMs, isFailed }) => [name, durationMs, isFailed])).toEqual([
      ['read_file', 120, false],
      ['shell', 5, true],
      ['other', 0, false],
    ])
  })

  it('are never what the agent only printed', () => {
    expect(toolCalls([chunk(1, 'shell → done (1 ms)\n', 'stdout'), chunk(2, 'two words → done of it')])).toEqual([])
  })

  it('are as long as Engine writes them, and nothing longer is looked through', () => {
    const longest = `read {${'x'.repeat(1_999)} → done (1 ms) {${'y'.repeat(1_999)}`
    expect(toolCalls([chunk(1, longest)]).map(({ name }) => name)).toEqual(['read'])
    expect(toolCalls([chunk(1, `read {${' → done {'.repeat(100_000)} → done`)])).toEqual([])
  })
})

describe('a waterfall', () => {
  const tool = (id: string, endsMs: number, durationMs: number) => ({ id, name: id, endsMs, durationMs, isFailed: false })

  it('draws a tool as long as it took, and a model from the end of what came before it', () => {
    const bars = waterfall({
      fromMs: 1_000,
      toMs: 2_000,
      tools: [tool('read', 1_500, 200)],
      models: [
        { id: 'first', name: 'm', endsMs: 1_300 },
        { id: 'second', name: 'm', endsMs: 1_900 },
      ],
    })
    expect(bars.map(({ id, left, width }) => [id, Math.round(left), Math.round(width)])).toEqual([
      ['first', 0, 30],
      ['read', 30, 20],
      ['second', 50, 40],
    ])
  })

  it('never leaves the run', () => {
    const [bar] = waterfall({ fromMs: 1_000, toMs: 2_000, tools: [tool('long', 9_000, 20_000)], models: [] })
    expect([bar?.left, bar?.width]).toEqual([0, 100])
  })
})
