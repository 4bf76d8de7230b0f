import { describe, expect, test } from 'vitest'

import { maySessionGoOn, sessionFingerprint } from './session.ts'

const limits = { sessionRuns: 3, sessionInputTokens: 100, sessionMs: 1_000 }
const begun = '2026-01-01T00:00:00.000Z'

describe('a session goes on', () => {
  const goesOn = (changes: { runs?: number; input_tokens?: number }, ageMs = 0) =>
    maySessionGoOn({ runs: 1, input_tokens: 0, created_at: begun, ...changes }, { limits, nowMs: Date.parse(begun) + ageMs })

  test('while it is short and young', () => {
    expect(goesOn({ runs: 2, input_tokens: 99 }, 999)).toBe(true)
  })

  test.each([
    ['so many runs', { runs: 3 }, 0],
    ['so many tokens', { input_tokens: 100 }, 0],
    ['so long a time', {}, 1_000],
  ])('no more after %s', (_, changes, ageMs) => {
    expect(goesOn(changes, ageMs)).toBe(false)
  })
})

describe('what a session depends on', () => {
  const agent = { adapter_type: 'x', adapter_config: '{"a":1,"b":2}', instructions: null }

  test('is the same for the same settings in another order', () => {
    expect(sessionFingerprint({ ...agent, adapter_config: '{"b":2,"a":1}' })).toBe(sessionFingerprint(agent))
  })

  test.each([{ adapter_type: 'y' }, { adapter_config: '{"a":1,"b":3}' }, { instructions: 'Be brief.' }])('changes with %j', (change) => {
    expect(sessionFingerprint({ ...agent, ...change })).not.toBe(sessionFingerprint(agent))
  })
})
